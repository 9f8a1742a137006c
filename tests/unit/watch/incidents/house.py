"""The real incident book over a real SQLite file, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.notifiers.table import NOTIFIERS
from roadworthy.contracts.notifier import Network
from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.domain.incident import Change, Entry, Incident
from roadworthy.domain.notification import Channel, ChannelKind, Delivery
from roadworthy.domain.on_call import EscalationLevel, OnCall, Responder
from roadworthy.features.watch.incidents.book import IncidentBook
from roadworthy.features.watch.incidents.rearranging import Rearranging
from roadworthy.features.watch.incidents.silence_book import SilenceBook
from roadworthy.features.watch.incidents.wording import Announcer
from roadworthy.features.watch.notifying.channel_book import ChannelBook, ChannelDraft
from roadworthy.features.watch.notifying.outbox import Outbox
from roadworthy.flows.escalate_incident import EscalateIncidents
from roadworthy.kit.sealing import Sealer

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_764_000_000 * SECOND
SECRET = "whsec_" + "A" * 40


@dataclass
class House:
    metadata: SqliteMetadataStore
    outbox: Outbox
    channels: ChannelBook
    silences: SilenceBook
    book: IncidentBook
    rearranging: Rearranging
    escalation: EscalateIncidents
    now: list[int]
    on_calls: dict[str, OnCall] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    def later(self, ns: int) -> int:
        self.now[0] += ns
        return self.now[0]

    def take(self, *alarms: Alarm) -> None:
        self.book.take(alarms)

    def the_incident(self) -> Incident:
        [incident] = self.incidents()
        return incident

    def incidents(self) -> list[Incident]:
        return sorted(self.book.incidents("default"), key=lambda one: one.number)

    def timeline(self, incident: Incident) -> list[Entry]:
        return self.book.shelves.timeline("default", incident.id)

    def said(self, incident: Incident) -> list[tuple[str, str]]:
        return [(entry.kind.value, entry.text) for entry in self.timeline(incident)]

    def deliveries(self) -> list[Delivery]:
        """Oldest first."""
        return list(reversed(self.outbox.log("default")))

    def channel(
        self, name: str, *, default: bool = False, kind: ChannelKind = ChannelKind.WEBHOOK
    ) -> Channel:
        settings = {"url": "https://example.com/x"}
        secrets: dict[str, str | None] = {"secret": SECRET}
        if kind is ChannelKind.EMAIL:
            settings, secrets = {"host": "smtp.example.com", "from": "r@example.com"}, {}
        draft = ChannelDraft(name=name, kind=kind, settings=settings, secrets=secrets, default=default)
        return self.channels.add("default", draft)

    def on_call(self, agent: str, *levels: Sequence[Responder], **changes: object) -> None:
        made = tuple(
            EscalationLevel(number=n, responders=tuple(one), timeout_seconds=300.0)
            for n, one in enumerate(levels, 1)
        )
        known = OnCall(project="default", agent=agent, at_ns=0, levels=made)
        self.on_calls[agent] = replace(known, **changes)  # type: ignore[arg-type]

    def reopened(self, folder: Path) -> House:
        """The same folder after the process ended, however it did."""
        again = house_in(folder, now=self.now)
        again.on_calls.update(self.on_calls)
        again.changes.update(self.changes)
        return again


def house_in(folder: Path, *, now: list[int] | None = None) -> House:
    moment = now if now is not None else [START]

    def clock() -> int:
        return moment[0]

    metadata = SqliteMetadataStore(folder / "roadworthy.db")
    outbox = Outbox(metadata)
    channels = ChannelBook(
        metadata, seal=Sealer(folder / "secret.key"), kinds=NOTIFIERS, network=Network(), clock=clock
    )
    silences = SilenceBook(metadata, clock=clock)
    announce = Announcer(
        base_url="http://page",
        channel_name=lambda project, one: found.name if (found := channels.channel(project, one)) else one,
    )
    on_calls: dict[str, OnCall] = {}
    changes: dict[str, list[Change]] = {}

    def on_call(project: str, agent: str, at_ns: int) -> OnCall:
        nobody = OnCall(project=project, agent=agent, at_ns=at_ns, gap=f"nobody registered {agent!r}")
        return on_calls.get(agent, nobody)

    def changes_of(project: str, alarms: Sequence[Alarm]) -> Mapping[str, Sequence[Change]]:
        return {one.agent: changes.get(one.agent, []) for one in alarms}

    book = IncidentBook(
        metadata,
        outbox=outbox,
        silences=silences,
        on_call=on_call,
        announce=announce,
        changes_of=changes_of,
        clock=clock,
    )
    house = House(
        metadata=metadata,
        outbox=outbox,
        channels=channels,
        silences=silences,
        book=book,
        rearranging=Rearranging(
            book.shelves, announce=announce, clock=clock, changed=lambda _, ids: house.changed.extend(ids)
        ),
        escalation=EscalateIncidents(
            book, metadata, channels=channels, silences=silences, base_url="http://page", clock=clock
        ),
        now=moment,
        on_calls=on_calls,
        changes=changes,
    )
    book.changed = lambda _, ids: house.changed.extend(ids)
    return house


def alarm(name: str = "a", *, agent: str = "support", **changes: object) -> Alarm:
    plain = Alarm(
        project="default",
        id=name,
        kind=AlarmKind.QUALITY,
        source="monitor-1",
        source_name="completion",
        agent=agent,
        release="2.1",
        severity=Severity.ERROR,
        title=f"{agent}: completion fell",
        reason="94 % expected, 81 % seen",
        at_ns=START,
        since_ns=START - HOUR,
        run_ids=("run-1",),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def person(name: str, *channels: str, email: str = "") -> Responder:
    return Responder(person=name, channels=channels, email=email, why="schedule week")
