"""What is still to be said, and the log of what was. An entry is durable before it is sent the first time, in
the transaction of what it tells about: a crash sends it again, and never loses it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.notification import Delivery, DeliveryState, Happening
from roadworthy.domain.project import DEFAULT_PROJECT

KIND = "delivery"
KEPT_S = 30 * 86_400.0


class Outbox:
    """Safe to call from several threads. `woken` is called when there is something new to send."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        self._lock = threading.Lock()  # protects all below
        self._pending: dict[tuple[str, str], Delivery] = {}
        self._folds: dict[tuple[str, str], set[str]] = {}
        """(project, digest) → keys it stands for that are not over."""
        self._folded: dict[tuple[str, str, str], str] = {}
        """(project, channel, key) → the digest that told of its beginning."""
        self.woken: Callable[[], None] = lambda: None

    def recall(self) -> None:
        """What was pending when the process ended. Raises MetadataUnavailable."""
        projects = {DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())}
        for project in sorted(projects):
            known = [read_record(Delivery, one) for one in self._metadata.records(project, KIND)]
            known.sort(key=lambda one: one.order)
            with self._lock:
                for one in known:
                    self._note(one)
        self.woken()

    def records(self, deliveries: Iterable[Delivery]) -> list[Record]:
        """To be saved in one transaction with what they tell about; `accept` afterwards."""
        return [
            as_record(one, project=one.project, kind=KIND, record_id=one.id, at_ns=one.updated_ns)
            for one in deliveries
        ]

    def accept(self, deliveries: Sequence[Delivery]) -> None:
        """They are durable. One that was accepted before is left as it is now."""
        with self._lock:
            for one in deliveries:
                if (one.project, one.id) not in self._pending:
                    self._note(one)
        if deliveries:
            self.woken()

    def settle(self, deliveries: Sequence[Delivery], *, also: Sequence[Record] = ()) -> None:
        """How they stand now, durable on return. Where the store fails, memory holds all the same: what was
        delivered is not sent again before a restart."""
        with self._lock:
            for one in deliveries:
                self._note(one)
        self._metadata.save_records([*self.records(deliveries), *also])

    def pending(self) -> list[Delivery]:
        """In the order they were planned."""
        with self._lock:
            return sorted(self._pending.values(), key=lambda one: one.order)

    def folded_into(self, project: str, channel_id: str, key: str) -> str:
        """The digest that told this channel of the beginning, "" where none did."""
        with self._lock:
            return self._folded.get((project, channel_id, key), "")

    def folds(self, project: str, digest: str) -> set[str]:
        """Keys that a digest told of and that are not over."""
        with self._lock:
            return set(self._folds.get((project, digest), ()))

    def log(self, project: str) -> list[Delivery]:
        """All of thirty days, newest first. Raises MetadataUnavailable."""
        known = [read_record(Delivery, one) for one in self._metadata.records(project, KIND)]
        return sorted(known, key=lambda one: one.order, reverse=True)

    def delivery(self, project: str, delivery_id: str) -> Delivery | None:
        found = self._metadata.record(project, KIND, delivery_id)
        return None if found is None else read_record(Delivery, found)

    def forget_old(self, *, before_ns: int) -> int:
        """Of the log; what is pending is younger than a day."""
        return self._metadata.delete_records_before(KIND, updated_before_ns=before_ns)

    def forget(self, project: str) -> None:
        """The project was deleted: nothing more is sent for it."""
        with self._lock:
            self._pending = {place: one for place, one in self._pending.items() if place[0] != project}
            self._folds = {place: keys for place, keys in self._folds.items() if place[0] != project}
            self._folded = {place: one for place, one in self._folded.items() if place[0] != project}

    def _note(self, one: Delivery) -> None:
        """Under the lock."""
        place = (one.project, one.id)
        if one.state is DeliveryState.PENDING:
            self._pending[place] = one
            return
        self._pending.pop(place, None)
        key = one.notification.key
        if one.state is DeliveryState.FOLDED:
            digest = (one.project, one.folded_into)
            if one.notification.happening is Happening.RESOLVE:
                self._folds.get(digest, set()).discard(key)
                self._folded.pop((one.project, one.channel_id, key), None)
            elif one.notification.happening is Happening.TRIGGER:
                self._folds.setdefault(digest, set()).add(key)
                self._folded[one.project, one.channel_id, key] = one.folded_into
