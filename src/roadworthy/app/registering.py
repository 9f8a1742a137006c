"""The registry, wired together."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import read_record
from roadworthy.contracts.telemetry import AggregateQuery, TelemetryStore
from roadworthy.domain.notification import Channel, ChannelKind
from roadworthy.features.registry.on_call import Ways
from roadworthy.features.registry.roster import SeenAgent
from roadworthy.features.registry.service import RegistryService
from roadworthy.features.watch.notifying.channel_book import KIND as CHANNEL
from roadworthy.kit.kept import Kept

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
        by_channels: bool = False,
    ) -> None:
        """`by_channels`: who can be told by no channel of the project is not on call."""
        self._store = store
        self._metadata = metadata
        self._ways: Kept[str, Ways] = Kept(self._ways_of, counter=metadata.change_counter)
        self.service = RegistryService(
            metadata,
            seen=self._seen,
            with_objective=with_objective,
            ways=self._ways.of if by_channels else lambda _project: None,
        )

    def _ways_of(self, project: str) -> Ways:
        channels = [read_record(Channel, one) for one in self._metadata.records(project, CHANNEL)]
        on = [one for one in channels if one.enabled]
        return Ways(frozenset(one.id for one in on), any(one.kind is ChannelKind.EMAIL for one in on))

    def _seen(self, project: str, from_ns: int, to_ns: int) -> Sequence[SeenAgent]:
        query = AggregateQuery(by=("agent",), from_ns=from_ns, to_ns=to_ns, limit=_MOST_AGENTS)
        return [
            SeenAgent(name=row.group[0], runs=row.runs, last_ns=row.last_started_ns)
            for row in self._store.aggregate(project, query)
        ]
