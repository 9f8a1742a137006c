"""Everything that doors ask about incidents, channels and silences."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import (
    Entry,
    Impact,
    Incident,
    IncidentState,
    Source,
    TakenAlarm,
)
from roadworthy.domain.notification import Channel, Delivery, DeliveryState, Happening, Notification
from roadworthy.domain.silence import Silence
from roadworthy.features.watch.incidents.book import IncidentBook
from roadworthy.features.watch.incidents.figures import Figures, figures
from roadworthy.features.watch.incidents.page_proof import PageProof, page_proof
from roadworthy.features.watch.incidents.postmortem import draft_of
from roadworthy.features.watch.incidents.rearranging import Rearranging
from roadworthy.features.watch.incidents.silence_book import SilenceBook, SilenceDraft
from roadworthy.features.watch.incidents.wording import delivery_of, link_of
from roadworthy.features.watch.notifying.channel_book import ChannelBook
from roadworthy.features.watch.notifying.outbox import Outbox

ImpactOf = Callable[[Incident], Impact | None]
"""Counts whom it hurt; None where that cannot be counted now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentQuery:
    states: frozenset[IncidentState] = frozenset()
    """Empty for all."""
    severities: frozenset[Severity] = frozenset()
    agent: str = ""
    team: str = ""
    assignee: str = ""
    text: str = ""
    tests: bool = False
    """Test pages, too."""
    from_ns: int = 0
    to_ns: int = 2**63 - 1


class IncidentService:
    """Safe to call from several threads."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        book: IncidentBook,
        rearranging: Rearranging,
        channels: ChannelBook,
        silences: SilenceBook,
        outbox: Outbox,
        impact_of: ImpactOf,
        base_url: str,
        silences_changed: Callable[[str], None],
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._metadata = metadata
        self.book = book
        self.rearranging = rearranging
        self.channels = channels
        self.silences = silences
        self.outbox = outbox
        self._impact_of = impact_of
        self._base_url = base_url
        self._silences_changed = silences_changed
        self._clock = clock

    def forget(self, project: str) -> None:
        """The project was deleted."""
        self.book.shelves.forget(project)
        self.channels.forget(project)
        self.silences.forget()

    def incidents(self, project: str, query: IncidentQuery) -> list[Incident]:
        """Newest first."""
        found = [one for one in self.book.incidents(project) if _fits(one, query)]
        return sorted(found, key=lambda one: (-one.opened_ns, one.id))

    def with_impact(self, incident: Incident) -> Incident:
        """Whom it hurt, counted now; of a resolved one counted once for good."""
        if incident.source is Source.TEST:
            return incident
        if incident.impact is not None and incident.state is IncidentState.RESOLVED:
            counted_to = incident.impact.to_ns
            if counted_to >= incident.resolved_ns:
                return incident
        impact = self._impact_of(incident)
        if impact is None:
            return incident
        if incident.state is IncidentState.RESOLVED:
            self.book.measured(incident.project, incident.id, impact)
        return replace(incident, impact=impact)

    def timeline(self, project: str, incident_id: str) -> list[Entry] | None:
        """Oldest first; None where there is no such incident."""
        incident = self.book.incident(project, incident_id)
        return None if incident is None else self.book.shelves.timeline(project, incident.id)

    def alarms(self, project: str, *, agent: str = "", standing: bool = False) -> list[TakenAlarm]:
        """Newest first."""
        return [
            one
            for one in self.book.alarms(project)
            if (not agent or one.alarm.agent == agent) and not (standing and one.alarm.cleared_ns)
        ]

    def postmortem(self, incident: Incident) -> str:
        """What somebody wrote, else the draft."""
        if incident.postmortem:
            return incident.postmortem
        incident = self.with_impact(incident)
        return draft_of(
            incident,
            timeline=self.book.shelves.timeline(incident.project, incident.id),
            alarms=self.book.alarms_of(incident.project, incident.id),
            link=link_of(self._base_url, incident),
        )

    def figures(self, project: str, *, from_ns: int, to_ns: int) -> Figures:
        return figures(self.book.incidents(project), from_ns=from_ns, to_ns=to_ns)

    def test_page(self, project: str, agent: str, /, *, by: str) -> Incident:
        """Pages whoever is on call, who must acknowledge it: that proves the chain."""
        return self.book.open(
            project,
            title=f"Test page for {agent}: please acknowledge",
            text="Nothing is wrong. Acknowledging it proves that whoever is on call is reached.",
            by=by,
            source=Source.TEST,
            severity=Severity.ERROR,
            agents=[agent],
        )

    def page_proof(self, project: str, agent: str) -> PageProof | None:
        return page_proof(self._metadata, project=project, agent=agent)

    def test_channel(self, channel: Channel, *, by: str) -> Delivery:
        """Sent like everything else; how it went is in the log of deliveries."""
        now = self._clock()
        said_id = f"test-{channel.id}-{now}"
        delivery = delivery_of(
            Notification(
                id=said_id,
                key=said_id,
                project=channel.project,
                happening=Happening.TEST,
                severity=Severity.INFO,
                title=f"Test of the channel {channel.name}",
                text=f"{by} pressed the test button. Nothing is wrong.",
                link=self._base_url,
                at_ns=now,
            ),
            channel_id=channel.id,
            channel_name=channel.name,
            now_ns=now,
            whom=channel.name,
        )
        self._metadata.save_records(self.outbox.records([delivery]))
        self.outbox.accept([delivery])
        return delivery

    def send_again(self, project: str, delivery_id: str) -> Delivery | None:
        """One that was given up is tried again, now. None where there is no such delivery."""
        found = self.outbox.delivery(project, delivery_id)
        if found is None or found.state not in (DeliveryState.FAILED, DeliveryState.PENDING):
            return found
        now = self._clock()
        again = replace(found, state=DeliveryState.PENDING, due_ns=now, created_ns=now, updated_ns=now)
        self.outbox.settle([again])
        self.outbox.woken()
        return again

    def add_silence(self, project: str, draft: SilenceDraft, *, by: str) -> Silence:
        """Raises SilenceInvalid."""
        return self.silences.add(project, draft, by=by)

    def change_silence(
        self, project: str, silence_id: str, draft: SilenceDraft, /, *, by: str
    ) -> Silence | None:
        """Raises SilenceInvalid."""
        changed = self.silences.change(project, silence_id, draft, by=by)
        self._silences_changed(project)
        return changed

    def end_silence(self, project: str, silence_id: str) -> Silence | None:
        """Who was not told because of it is told now, if the incident still stands."""
        ended = self.silences.end(project, silence_id)
        self._silences_changed(project)
        return ended

    def deliveries(
        self, project: str, *, incident_id: str = "", channel_id: str = "", states: Sequence[str] = ()
    ) -> list[Delivery]:
        """Newest first, of thirty days."""
        return [
            one
            for one in self.outbox.log(project)
            if (not incident_id or one.notification.incident_id == incident_id)
            and (not channel_id or one.channel_id == channel_id)
            and (not states or one.state in states)
        ]


def _fits(one: Incident, query: IncidentQuery) -> bool:
    if one.source is Source.TEST and not query.tests:
        return False
    if query.states and one.state not in query.states:
        return False
    if query.severities and one.severity not in query.severities:
        return False
    if query.agent and query.agent not in one.agents:
        return False
    if query.team and query.team not in one.teams:
        return False
    if query.assignee and query.assignee != one.assignee:
        return False
    if not query.from_ns <= one.opened_ns < query.to_ns:
        return False
    words = query.text.lower().split()
    return all(word in one.title.lower() for word in words)
