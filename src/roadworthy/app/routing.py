"""Routes, gateway keys and budgets in the core, wired together."""

from __future__ import annotations

from pathlib import Path

from roadworthy.app.gateway_gate import LEDGER_FILE
from roadworthy.backends.spend_store.sqlite import SqliteSpendReader
from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.features.gateway.routes.service import RoutingService
from roadworthy.kit.sealing import Sealer


def routing_service(
    metadata: MetadataStore, *, secrets: Path, folder: Path, gateway_url: str
) -> RoutingService:
    """`folder` is the gateway's (`DATA/gateway`)."""
    return RoutingService(
        metadata,
        seal=Sealer(secrets),
        spend=SqliteSpendReader(folder / LEDGER_FILE),
        state_file=folder / "state.json",
        gateway_url=gateway_url,
        transport=HttpTransport,
    )
