"""What the watch log promises: results in order, the state of monitors, and alarms, in one place.

Promises
- `append` returns once all given is durable, or raises and has kept nothing. What was appended before is not
  appended again, in whatever batches it comes: a run is one `Result`, a score of a run one `Scored`. A
  `Result` whose outcome differs from what was last recorded of the run is kept as a `Word`.
- Entries have rising sequence numbers over all projects; `recorded_ns` never falls. That order is the order
  of watching, whatever the order in which runs ended.
- A result or score that ended before what is remembered to tell doubles by is refused and counted as too
  old, since it may have counted already.
- `commit` is one transaction: position, states, alarms and history are all kept or none is.
- An alarm is handed over until somebody says it was taken (`taken`), at least once, in the order of raising;
  one that is committed again (cleared) is handed over again.
- Parts of a state come back byte for byte.
- Synchronous; any number of threads. Errors: `WatchLogFull` (no space: nothing was kept, try again later),
  `WatchLogUnavailable` (another process holds the file, or it is gone).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.result import Entry, Result, Scored, Word

SESSION_NS = 600 * 10**9
"""Results of one session and one agent within the same ten minutes, by when they ended, are one cluster."""
LOOKED_BACK = 200_000
"""So many entries before the last one consumed can still be read."""
MOST_ENTRIES = 5_000_000
"""Beyond these the oldest go, even where a monitor still waits for outcomes to mature."""
MOST_IDS = 5_000_000
REMEMBERED_NS = 35 * 86_400 * 10**9
"""So long, or so many, ids are remembered to tell doubles by."""
HOURS_KEPT_NS = 14 * 86_400 * 10**9
"""History older than this is kept by days."""
DAYS_KEPT_NS = 400 * 86_400 * 10**9
ALARMS_KEPT = 20_000
"""Of a project; of older ones only those that stand stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    seq: int
    recorded_ns: int
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """How many were new, changed the outcome of one recorded before, were there already, or came too late."""

    new: int = 0
    words: int = 0
    known: int = 0
    too_old: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """What was said of a run's outcome, and when that was recorded."""

    recorded_ns: int
    word: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One monitor in [start_ns, start_ns + width_ns): what came in. Committing adds to what is there."""

    monitor: str
    start_ns: int
    n: int
    total: float
    """Sum of x: failures, or the sum of scores."""
    peak: float
    """Highest evidence over threshold."""
    baseline: float
    """Bound that was bet against, 0 while there was none."""
    width_ns: int = 3_600 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    position: int
    """Sequence number of the last entry consumed."""
    done: int
    """Up to here nobody waits for an entry any more: monitors that let outcomes mature lie behind
    `position`."""
    watched_ns: int
    """Until when the product watched."""
    parts: Mapping[str, bytes | None] = field(default_factory=dict)
    """By name; None takes one away; those not named stay as they are."""
    alarms: Sequence[Alarm] = ()
    ticks: Sequence[Tick] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    position: int
    watched_ns: int
    parts: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An alarm nobody has taken yet, in this `revision`."""

    alarm: Alarm
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmQuery:
    """Newest first; `after` is (at_ns, id) of the last one seen."""

    monitor: str = ""
    agent: str | None = None
    standing: bool | None = None
    from_ns: int = 0
    to_ns: int | None = None
    limit: int = 100
    after: tuple[int, str] | None = None


class WatchLog(Protocol):
    """See the module's promises."""

    def append(self, entries: Sequence[Entry]) -> Appended: ...

    def projects(self) -> list[str]:
        """Those with entries or a state."""
        ...

    def read(self, project: str, *, after: int, limit: int) -> list[Logged]:
        """Entries with seq > `after`, in order."""
        ...

    def last_seq(self, project: str) -> int:
        """0 where nothing was appended."""
        ...

    def recent(self, project: str, *, agent: str, through: int, limit: int) -> list[Logged]:
        """The last results and scores of an agent with seq <= `through` and > `through` - LOOKED_BACK, oldest
        first."""
        ...

    def stood(self, project: str, run_ids: Sequence[str]) -> dict[str, list[Stood]]:
        """What was said later of the outcomes of these runs, in order; runs of which nothing was are left
        out."""
        ...

    def snapshot(self, project: str) -> Snapshot:
        """What `commit` kept last; position 0 and no parts before the first."""
        ...

    def commit(self, project: str, commit: Commit) -> None: ...

    def waiting(self, *, limit: int = 200) -> list[Waiting]: ...

    def taken(self, waiting: Sequence[Waiting]) -> None:
        """Not to be handed over again, unless committed anew since."""
        ...

    def alarms(self, project: str, query: AlarmQuery) -> list[Alarm]: ...

    def alarm(self, project: str, alarm_id: str) -> Alarm | None: ...

    def ticks(self, project: str, *, monitor: str, from_ns: int, to_ns: int) -> list[Tick]:
        """By time; those whose start lies in [from_ns, to_ns)."""
        ...

    def sums(self, project: str, *, from_ns: int, to_ns: int) -> dict[str, tuple[int, float]]:
        """(n, total) of each monitor with results in [from_ns, to_ns), by whole hours or days."""
        ...

    def too_old(self, project: str) -> int:
        """How many results and scores were refused as too old."""
        ...

    def prune(self, *, now_ns: int) -> int:
        """Drop what nobody needs any more: entries long consumed, old ids, old history; how many rows went.
        Bounded work, to be called now and then."""
        ...

    def delete_project(self, project: str) -> None: ...

    def close(self) -> None: ...


class WatchLogFull(StoreFull):
    """No space left: nothing was kept."""


class WatchLogUnavailable(StoreUnavailable):
    """The log cannot be read or written now; nothing was kept."""


Keyed = Result | Scored
"""Entries that are told apart by an identity."""
