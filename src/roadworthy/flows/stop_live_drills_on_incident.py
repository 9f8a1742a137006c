"""When an incident of an agent opens, then the faults in its live traffic are switched off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from roadworthy.contracts.metadata import MetadataUnavailable
from roadworthy.domain.incident import Incident, IncidentState, Source
from roadworthy.features.gateway.drills.live import LiveBook

log = logging.getLogger(__name__)

IncidentOf = Callable[[str, str], Incident | None]
"""(project, id) → the incident."""


class StopLiveDrills:
    """Told of incidents that changed. Switching off what is off changes nothing."""

    def __init__(self, book: LiveBook, *, incident_of: IncidentOf) -> None:
        self._book = book
        self._incident_of = incident_of

    def on_changed(self, project: str, incident_ids: Sequence[str]) -> None:
        for incident_id in incident_ids:
            try:
                self._look(project, incident_id)
            except MetadataUnavailable as fault:
                # The incident changes again when it is acknowledged or resolved; until then faults end with
                # their count and their time.
                log.warning("faults in live traffic cannot be switched off now: %s", fault)

    def _look(self, project: str, incident_id: str) -> None:
        incident = self._incident_of(project, incident_id)
        if incident is None or not is_standing(incident):
            return
        why = f"incident {incident.number} of the agent: {incident.title}"
        for stopped in self._book.stop_of(project, incident.agents, why=why):
            log.warning("faults in the live traffic of %s are off: %s", stopped.agent, why)


def is_standing(incident: Incident) -> bool:
    """Whether it is one that nobody has resolved, and no test page."""
    return incident.source is not Source.TEST and incident.state is not IncidentState.RESOLVED
