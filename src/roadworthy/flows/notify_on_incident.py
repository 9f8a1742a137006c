"""When a notification was delivered, or could not be, then the incident's timeline says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from roadworthy.contracts.metadata import MetadataUnavailable, Record
from roadworthy.domain.incident import EntryKind, Source
from roadworthy.domain.notification import Delivery, DeliveryState, Happening
from roadworthy.features.watch.incidents.book import IncidentBook
from roadworthy.features.watch.incidents.page_proof import was_reached
from roadworthy.features.watch.incidents.shelf import entry_of, entry_record

log = logging.getLogger(__name__)

_WRITTEN = frozenset({Happening.TRIGGER, Happening.UPDATE})
"""Of the others the timeline says what was done, and the log of deliveries who heard of it."""


class NotifyOnIncident:
    """What the sender asks for each delivery whose state is new."""

    def __init__(self, book: IncidentBook, *, published: Callable[[str, Sequence[str]], None]) -> None:
        self._book = book
        self._published = published

    def told(self, delivery: Delivery, /, *, first: bool) -> list[Record]:
        """Lines of the timelines, written in one transaction with the delivery."""
        said = delivery.notification
        incidents = [one.incident_id for one in said.digest] or [said.incident_id]
        wrote = [one for one in incidents if one]
        if not wrote or not first:
            return []
        kind, text = _words(delivery)
        if kind is EntryKind.NOTIFIED and said.happening not in _WRITTEN:
            return []
        if kind is EntryKind.NOTIFIED and ">" in delivery.id:
            self._heard(delivery)
        for one in wrote:
            if was_reached(delivery, one):
                self._reached(delivery.project, one)
        facts = {"delivery": delivery.id, "channel": delivery.channel_name}
        entries = [entry_of(one, kind, text, at_ns=delivery.attempts[-1].at_ns, facts=facts) for one in wrote]
        self._published(delivery.project, wrote)
        return [entry_record(one, project=delivery.project) for one in entries]

    def _reached(self, project: str, incident_id: str) -> None:
        known = self._book.incident(project, incident_id)
        if known is None or known.source is not Source.TEST:
            return
        try:
            self._book.reached(project, incident_id)
        except MetadataUnavailable as fault:
            log.warning("that the test page %s was delivered cannot be noted: %s", incident_id, fault)

    def _heard(self, delivery: Delivery) -> None:
        """Another channel of the same person had to do: it hears how the incident goes on."""
        said = delivery.notification
        now = delivery.attempts[-1].at_ns
        try:
            with self._book.shelves.changing(delivery.project, now_ns=now) as draft:
                incident = draft.incident(said.incident_id)
                if incident is not None and delivery.channel_id not in incident.escalation.told:
                    told = (*incident.escalation.told, delivery.channel_id)
                    draft.put(replace(incident, escalation=replace(incident.escalation, told=told)))
        except MetadataUnavailable as fault:
            log.warning("that channel %s was told cannot be noted: %s", delivery.channel_id, fault)


def _words(delivery: Delivery) -> tuple[EntryKind, str]:
    whom = delivery.whom if delivery.whom and delivery.whom != delivery.channel_name else ""
    over = f"{whom} over {delivery.channel_name}" if whom else delivery.channel_name
    if delivery.channel_name in whom:
        over = whom
    last = delivery.attempts[-1]
    if delivery.state is DeliveryState.DELIVERED:
        many = f" in one message with {len(delivery.notification.digest)} incidents"
        return EntryKind.NOTIFIED, f"Told {over}{many if delivery.notification.digest else ''}"
    goes_on = "given up" if delivery.state is DeliveryState.FAILED else "tried again"
    return EntryKind.NOT_NOTIFIED, f"Could not tell {over} ({goes_on}): {last.said}"
