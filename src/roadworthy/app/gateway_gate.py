"""The gateway's gate, wired together: snapshot, prices, budgets and the ledger behind them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from roadworthy.backends.spend_store.sqlite import SqliteSpendStore
from roadworthy.contracts.metadata import PriceOverride
from roadworthy.contracts.spend_store import SpendStoreUnavailable, SpentRow
from roadworthy.contracts.upstream import Transport
from roadworthy.domain.exchange import Tokens
from roadworthy.features.gateway.budget.ledger import SpendLedger
from roadworthy.features.gateway.budget.writer import LedgerWriter
from roadworthy.features.gateway.routes.gate import Current
from roadworthy.features.gateway.routes.serving import RouteGate
from roadworthy.features.ingest.price import Pricer

log = logging.getLogger(__name__)

LEDGER_FILE = "budget.db"


class GatewayGate:
    """`gate` is what the door calls. `start` before the first call, `stop` after the last."""

    def __init__(self, current: Current, *, transport: Transport, ledger_file: Path) -> None:
        self._current = current
        self._pricer = Pricer(self._overrides)
        self._problem = ""
        self._writer: LedgerWriter | None = None
        rows: list[SpentRow] = []
        try:
            store = SqliteSpendStore(ledger_file)
            rows = store.rows()
        except SpendStoreUnavailable as fault:
            # Budgets begin anew rather than every agent standing still.
            log.error("%s: budgets count from now on, in memory alone", fault)
            self._problem = str(fault)[:300]
            self.ledger = SpendLedger()
        else:
            self.ledger = SpendLedger(rows)
            self._writer = LedgerWriter(self.ledger, store)
        self.gate = RouteGate(
            current,
            transport=transport,
            ledger=self.ledger,
            price=self._price,
            budget_problem=self.problem,
        )

    def start(self) -> None:
        if self._writer is not None:
            self._writer.start()

    def stop(self) -> None:
        if self._writer is not None:
            self._writer.stop()

    def problem(self) -> str:
        """Why budgets are not on disk, "" while they are."""
        return self._problem or (self._writer.problem if self._writer is not None else "")

    def _overrides(self, project: str) -> Sequence[PriceOverride]:
        return self._current().of(project).prices

    def _price(self, project: str, provider: str, model: str, tokens: Tokens) -> float | None:
        return self._pricer.cost(
            project=project,
            provider=provider,
            model=model,
            at_ns=time.time_ns(),
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cache_read=tokens.cache_read,
            cache_write=tokens.cache_write,
            reasoning=tokens.reasoning,
        )
