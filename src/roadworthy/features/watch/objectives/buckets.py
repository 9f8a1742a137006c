"""Good, bad and all events of one objective in buckets of time, held in memory.

Minutes for the last days, because burn rates look at minutes; longer buckets for the whole window, because a
quarter has 130,000 minutes. The longer ones hold the recent days too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINUTE_S = 60
FINE_DAYS = 4
"""Three days are the longest window of a burn rate; so much of a late verdict is counted by minutes, too."""
DAY_S = 86_400
_AHEAD_S = 2 * DAY_S
"""Room before the arrays have to be moved, and for clocks that are ahead."""

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """What buckets hold: when each starts (Unix seconds), and good, bad and total of it in a row."""

    starts: NDArray[np.int64]
    rows: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """`unknown` is what is neither good nor bad (yet)."""

    good: float
    bad: float
    total: float

    @property
    def known(self) -> float:
        return self.good + self.bad

    @property
    def unknown(self) -> float:
        return max(0.0, self.total - self.known)


class Buckets:
    """Times are Unix seconds. One thread writes; others may read."""

    def __init__(self, *, now_s: float, keep_s: int, coarse_s: int) -> None:
        """For a window of at most `keep_s`, in buckets of `coarse_s`, which divides a day."""
        self.coarse_s = coarse_s
        self._keep_s = -(-keep_s // DAY_S) * DAY_S + DAY_S
        self._fine: Rows = np.zeros((0, 3))
        self._coarse: Rows = np.zeros((0, 3))
        self.coarse_start_s = 0
        self.fine_start_s = 0
        self.end_s = 0
        self.roll(now_s)

    def roll(self, now_s: float) -> None:
        """Make room for now, and let go of what no window holds any more."""
        today = int(now_s) // DAY_S * DAY_S
        if self.end_s > today + DAY_S:
            return
        end = today + _AHEAD_S
        starts = {"_fine": end - _AHEAD_S - FINE_DAYS * DAY_S, "_coarse": end - _AHEAD_S - self._keep_s}
        starts["_coarse"] = min(starts["_coarse"], starts["_fine"])
        self._fine = self._moved(self._fine, self.fine_start_s, starts["_fine"], end, step_s=MINUTE_S)
        self._coarse = self._moved(
            self._coarse, self.coarse_start_s, starts["_coarse"], end, step_s=self.coarse_s
        )
        self.fine_start_s, self.coarse_start_s, self.end_s = starts["_fine"], starts["_coarse"], end

    @staticmethod
    def _moved(old: Rows, old_start: int, start: int, end: int, *, step_s: int) -> Rows:
        new = np.zeros(((end - start) // step_s, 3))
        shift = (start - old_start) // step_s
        kept = old[shift:] if shift >= 0 else old
        place = max(0, -shift)
        new[place : place + len(kept)] = kept[: len(new) - place]
        return new

    def put_minutes(self, from_s: int, to_s: int, tallied: Tallied) -> None:
        """What the minutes of from_s <= start < to_s hold, all of them: those not named hold nothing."""
        from_s, to_s = max(from_s, self.fine_start_s), min(to_s, self.end_s)
        if from_s >= to_s:
            return
        first, last = self._minute(from_s), self._minute(to_s)
        # In one assignment: who reads meanwhile sees the old counts or the new, never none.
        self._fine[first:last] = _placed(tallied, from_s, to_s, step_s=MINUTE_S)
        per = self.coarse_s // MINUTE_S
        low, high = first // per * per, -(-last // per) * per
        summed = self._fine[low:high].reshape(-1, per, 3).sum(axis=1)
        place = (self.fine_start_s - self.coarse_start_s) // self.coarse_s + low // per
        self._coarse[place : place + len(summed)] = summed

    def put_coarse(self, from_s: int, to_s: int, tallied: Tallied) -> None:
        """The same of the longer buckets, before the minutes begin."""
        from_s, to_s = max(from_s, self.coarse_start_s), min(to_s, self.fine_start_s)
        if from_s >= to_s:
            return
        placed = _placed(tallied, from_s, to_s, step_s=self.coarse_s)
        self._coarse[self._place(from_s) : self._place(to_s)] = placed

    def last(self, seconds: int, *, now_s: float, step_s: int = MINUTE_S) -> Rows:
        """The minutes of the last so many seconds, the one that goes on included, from a multiple of `step_s`
        on; rows of good, bad, total."""
        first = self._minute(int(now_s) // step_s * step_s + step_s - max(seconds, step_s))
        return self._fine[max(0, first) : self._minute(int(now_s)) + 1]

    def within(self, from_s: int, to_s: int) -> Rows:
        """The longer buckets of from_s <= start < to_s."""
        low = max(0, self._place(max(from_s, self.coarse_start_s)))
        return self._coarse[low : max(low, -((self.coarse_start_s - to_s) // self.coarse_s))]

    def _minute(self, at_s: int) -> int:
        return (at_s - self.fine_start_s) // MINUTE_S

    def _place(self, at_s: int) -> int:
        return (at_s - self.coarse_start_s) // self.coarse_s


def _placed(tallied: Tallied, from_s: int, to_s: int, *, step_s: int) -> Rows:
    block = np.zeros(((to_s - from_s) // step_s, 3))
    inside = (tallied.starts >= from_s) & (tallied.starts < to_s)
    block[(tallied.starts[inside] - from_s) // step_s] = tallied.rows[inside]
    return block


def sums(rows: Rows) -> Sums:
    good, bad, total = rows.sum(axis=0).tolist() if len(rows) else (0.0, 0.0, 0.0)
    return Sums(good=good, bad=bad, total=total)


def sliced(rows: Rows, *, per: int, target: float) -> Rows:
    """Slices of `per` rows each, as events: good, bad, or with nothing known of them neither. The last may be
    unfinished."""
    padded = np.vstack([rows, np.zeros((-len(rows) % per, 3))])
    whole = padded.reshape(-1, per, 3).sum(axis=1)
    known = whole[:, 0] + whole[:, 1]
    some = known > 0
    # A hair's breadth: 0.95 of 20 is 19, whatever binary fractions make of it.
    good = whole[:, 0] >= target * known - 1e-9
    return np.column_stack([some & good, some & ~good, whole[:, 2] > 0]).astype(np.float64)
