"""Incidents, wired together: from the alarm to the person who acknowledges it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from roadworthy.backends.notifiers.table import NOTIFIERS
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.notifier import Network
from roadworthy.contracts.telemetry import StoreUnavailable, TelemetryStore
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.incident import Impact, Incident
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.watch.incidents.book import IncidentBook, OnCallOf
from roadworthy.features.watch.incidents.impact import impact_of
from roadworthy.features.watch.incidents.rearranging import Rearranging
from roadworthy.features.watch.incidents.service import IncidentService
from roadworthy.features.watch.incidents.shelf import KEPT_NS
from roadworthy.features.watch.incidents.silence_book import SilenceBook
from roadworthy.features.watch.incidents.wording import Announcer
from roadworthy.features.watch.notifying.channel_book import ChannelBook
from roadworthy.features.watch.notifying.outbox import KEPT_S, Outbox
from roadworthy.features.watch.notifying.sender import Sender
from roadworthy.flows.escalate_incident import EscalateIncidents
from roadworthy.flows.notify_on_incident import NotifyOnIncident
from roadworthy.flows.open_incident_on_alarm import FillIn, LookBefore
from roadworthy.kit.sealing import Sealer

log = logging.getLogger(__name__)

Publish = Callable[[str, Sequence[str]], None]


class Incidents:
    """`start` and `stop` once each. `take` is the alarm sink of everything that watches."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        publish: Publish,
        on_call: OnCallOf,
        secrets: Path,
        base_url: str,
        network: Network,
    ) -> None:
        self._store = store
        self._metadata = metadata
        self._publish = publish
        outbox = Outbox(metadata)
        channels = ChannelBook(metadata, seal=Sealer(secrets), kinds=NOTIFIERS, network=network)
        silences = SilenceBook(metadata)
        announce = Announcer(base_url=base_url, channel_name=_names(channels))
        look = LookBefore(store)
        self.book = IncidentBook(
            metadata,
            outbox=outbox,
            silences=silences,
            on_call=on_call,
            announce=announce,
            changes_of=look.changes_of,
        )
        self._fill_in = FillIn(self.book, look)
        self._escalation = EscalateIncidents(
            self.book, metadata, channels=channels, silences=silences, base_url=base_url
        )
        told = NotifyOnIncident(self.book, published=publish)
        self.sender = Sender(outbox, channels, told=told.told)
        self._outbox = outbox
        outbox.woken = self.sender.wake
        self.book.changed = self._changed
        self.service = IncidentService(
            metadata,
            book=self.book,
            rearranging=Rearranging(
                self.book.shelves, announce=announce, clock=time.time_ns, changed=self._changed
            ),
            channels=channels,
            silences=silences,
            outbox=outbox,
            impact_of=self._impact,
            base_url=base_url,
            silences_changed=self._escalation.silences_changed,
        )

    def take(self, alarms: Sequence[Alarm]) -> None:
        """Durable on return; taken again by its id, an alarm changes nothing. Those of projects that were
        deleted have nobody to tell: they are dropped."""
        gone = {one for one in {alarm.project for alarm in alarms} if not self._is_there(one)}
        self.book.take([one for one in alarms if one.project not in gone])

    def _is_there(self, project: str) -> bool:
        return project == DEFAULT_PROJECT or self._metadata.project(project) is not None

    def start(self) -> None:
        self.sender.start()
        self._fill_in.start()
        self._escalation.start()

    def stop(self) -> None:
        """Within three seconds; what was not sent by then is after the next start."""
        self._escalation.stop(timeout=1.0)
        self._fill_in.stop(timeout=1.0)
        self.sender.stop(timeout=1.0)

    def forget_old(self) -> int:
        """Of the log of deliveries, what is older than thirty days; of incidents, what was resolved more than
        400 days ago. How many."""
        now_ns = time.time_ns()
        projects = {DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())}
        gone = sum(self.book.shelves.forget_old(one, before_ns=now_ns - KEPT_NS) for one in sorted(projects))
        return gone + self._outbox.forget_old(before_ns=now_ns - int(KEPT_S * 1e9))

    def _changed(self, project: str, incident_ids: Sequence[str]) -> None:
        self._publish(project, incident_ids)
        self._escalation.wake()
        self._fill_in.on_changed(project, incident_ids)

    def _impact(self, incident: Incident) -> Impact | None:
        try:
            return impact_of(self._store, incident, now_ns=time.time_ns())
        except StoreUnavailable as fault:
            log.warning("whom incident %d hurt cannot be counted: %s", incident.number, fault)
            return None


def _names(channels: ChannelBook) -> Callable[[str, str], str]:
    def name(project: str, channel_id: str) -> str:
        found = channels.channel(project, channel_id)
        return found.name if found else channel_id

    return name
