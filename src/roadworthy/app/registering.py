"""The registry, wired together."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import AggregateQuery, TelemetryStore
from roadworthy.features.registry.roster import SeenAgent
from roadworthy.features.registry.service import RegistryService

_MOST_AGENTS = 10_000
"""Of one answer of the telemetry store."""


class Registering:
    """Who owns which agent, and who is on call."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        with_objective: Callable[[str], Container[str]] = lambda _project: (),
    ) -> None:
        self._store = store
        self.service = RegistryService(metadata, seen=self._seen, with_objective=with_objective)

    def _seen(self, project: str, from_ns: int, to_ns: int) -> Sequence[SeenAgent]:
        query = AggregateQuery(by=("agent",), from_ns=from_ns, to_ns=to_ns, limit=_MOST_AGENTS)
        return [
            SeenAgent(name=row.group[0], runs=row.runs, last_ns=row.last_started_ns)
            for row in self._store.aggregate(project, query)
        ]
