"""Deleted projects whose runs are still to be dropped.

A record of kind `deleted-project` among those of the default project, written before the project goes: killed
anywhere in between, the next look finishes what was begun, or finds the project still there and forgets that
it was to go. It stays for a day, because what was on its way into the store when the project went arrives
after it. Only what was deleted by somebody is ever dropped: a metadata store that lost its projects must not
cost anybody the runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.project import DEFAULT_PROJECT

KIND = "deleted-project"
SWEPT_FOR_NS = 86_400 * 10**9
_AFTER_ALL_DAYS = "2262-01-01"
"""Unix ns in 64 bits end before it."""


class DeletedProjects:
    """Safe to call from several threads. Raises StoreUnavailable as the telemetry store does; what was not
    dropped then is at the next `sweep`."""

    def __init__(
        self,
        metadata: MetadataStore,
        telemetry: TelemetryStore,
        *,
        forget: Callable[[str], object] = lambda _: None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`forget` is told of each project that is swept: what else may have come after it went."""
        self._metadata = metadata
        self._telemetry = telemetry
        self._forget = forget
        self._clock = clock

    def delete(self, project: str) -> bool:
        """The project and all its records, then its runs. False where there is none."""
        if self._metadata.project(project) is None:
            return False
        self._metadata.save_records(
            [Record(project=DEFAULT_PROJECT, kind=KIND, id=project, body="{}", updated_ns=self._clock())]
        )
        gone = self._metadata.delete_project(project)
        self._forget(project)
        self._drop(project)
        return gone

    def make_room(self, project: str) -> None:
        """Before one is made under an id that was there once: it begins with nothing."""
        if self._metadata.record(DEFAULT_PROJECT, KIND, project) is not None:
            self._forget(project)
            self._drop(project)
            self._metadata.delete_record(DEFAULT_PROJECT, KIND, project)

    def sweep(self) -> int:
        """What is left of deleted projects; how many days of runs went. Doing it twice changes nothing."""
        dropped = 0
        for record in self._metadata.records(DEFAULT_PROJECT, KIND):
            if self._metadata.project(record.id) is not None:
                self._metadata.delete_record(DEFAULT_PROJECT, KIND, record.id)
                continue
            self._forget(record.id)
            dropped += self._drop(record.id)
            if record.updated_ns < self._clock() - SWEPT_FOR_NS:
                self._metadata.delete_record(DEFAULT_PROJECT, KIND, record.id)
        return dropped

    def _drop(self, project: str) -> int:
        return self._telemetry.drop_days_before(project, _AFTER_ALL_DAYS)
