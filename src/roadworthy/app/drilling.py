"""Drills, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from roadworthy.app.passing_keys import PassingKeys, there
from roadworthy.contracts.exchange_log import ExchangeReader
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.incident import Incident
from roadworthy.doors.rest.context import Drills
from roadworthy.features.gateway.drills.live import LiveBook
from roadworthy.features.gateway.drills.service import SETTLE_S, DrillService
from roadworthy.features.gateway.drills.token import signing_key
from roadworthy.flows.drill_agent import DrillAgent
from roadworthy.flows.look_up_drill_runs import applied_faults, exchanges_by_run, findings_by_run
from roadworthy.flows.stop_live_drills_on_incident import StopLiveDrills, is_standing


class Drilling:
    """`door` is what REST works with, `work` the job of drills that the server makes itself, `stop_live` is
    told of incidents."""

    def __init__(
        self,
        metadata: MetadataStore,
        store: TelemetryStore,
        *,
        secrets: Path,
        exchanges: ExchangeReader,
        gateway_url: str,
        otlp_url: str,
        networks: Sequence[str],
        incidents: Callable[[str], Sequence[Incident]],
        incident_of: Callable[[str, str], Incident | None],
        settle_s: float = SETTLE_S,
    ) -> None:
        keys = PassingKeys(metadata, what="drill")
        live = LiveBook(metadata)
        service = DrillService(
            metadata,
            sign=lambda: signing_key(there(secrets)),
            exchanges_of=partial(exchanges_by_run, exchanges),
            findings_of=partial(findings_by_run, store),
            settle_s=settle_s,
            over=keys.revoke,
        )
        self.work = DrillAgent(
            service, gateway_url=gateway_url, otlp_url=otlp_url, allowed=networks, key_for=keys.of
        )
        self.stop_live = StopLiveDrills(live, incident_of=incident_of)
        self._incidents = incidents
        self.door = Drills(
            service=service,
            live=live,
            gateway_url=gateway_url,
            key_for=keys.of,
            incident_of=self._standing,
            applied_of=lambda project, live_id, most: applied_faults(exchanges, project, live_id, most=most),
        )

    def _standing(self, project: str, agent: str) -> str:
        """The title of an incident of the agent that nobody has resolved; "" for none."""
        found = (one for one in self._incidents(project) if agent in one.agents and is_standing(one))
        return next((one.title for one in found), "")
