"""The detectors of a project's monitors, side by side, so that many are updated by one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct

import numpy as np

from roadworthy.stats.e_detector import SHIFTS, EDetectors, Floats, Observed
from roadworthy.stats.shiryaev_roberts import Alarmed
from roadworthy.stats.two_speed import WINDOW_HOURS, Noise, SlowDetector, Window, thresholds

CHUNK = 64
"""Detectors whose state is kept together: a commit writes the chunks that changed."""
_K = len(SHIFTS)
_FAST = Struct(f"<{1 + 2 * _K}d")
_RUNNING = Struct(f"<qqqdd{_K}d")
"""Time, window, and of the running window: results, failures, expected, and expected under each
alternative."""
WINDOW_S = WINDOW_HOURS * 3_600
_HEAD = b"RWM2"
_NS = 10**9
_WINDOW_NS = WINDOW_S * _NS
_UNUSED = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One figure of one monitor, ready for its detectors."""

    slot: int
    x: float
    q0: float
    """Bound of the fast detector, widened."""
    dt: float
    """Seconds of the agent's own time since the last one."""
    weight: float


class Bank:
    """One fast and one slow detector a slot. Times are Unix ns, in the order of watching: never falling."""

    def __init__(self) -> None:
        self._fast = EDetectors([_UNUSED] * CHUNK)
        self._slow: list[SlowDetector | None] = [None] * CHUNK
        self._slow_shares: list[float] = [0.0] * CHUNK
        self._time: list[int] = [0] * CHUNK
        self._window_of: list[int] = [0] * CHUNK
        self._windows: list[Window] = [Window.begun() for _ in range(CHUNK)]
        self.changed: set[int] = set()
        """Chunks whose state is not what was kept last."""
        self.changed_slow: set[int] = set()

    def __len__(self) -> int:
        return len(self._time)

    def place(self, slot: int, *, patience_s: float) -> None:
        """Makes room, and starts the detectors of a slot from nothing."""
        while slot >= len(self):
            self._grow()
        fast, slow = thresholds(patience_s)
        self._fast.thresholds[slot] = fast
        self._slow[slot] = SlowDetector(slow)
        self.restart(slot, at_ns=0)

    def set_patience(self, slot: int, *, patience_s: float) -> None:
        """Another threshold for the same evidence."""
        fast, slow = thresholds(patience_s)
        self._fast.thresholds[slot] = fast
        made = SlowDetector(slow)
        made.state = self._of(slot).state
        self._slow[slot] = made
        self._slow_shares[slot] = made.standing.share

    def vacate(self, slot: int) -> None:
        """Nothing is in it any more."""
        self.restart(slot, at_ns=0)
        self._slow[slot] = None

    def restart(self, slot: int, *, at_ns: int) -> None:
        """Both detectors, the window and the time."""
        self._fast.restart(slot)
        self._of(slot).restart()
        self._slow_shares[slot] = 0.0
        self._time[slot] = at_ns
        self._begin_window(slot)
        self._touch(slot)
        self.changed_slow.add(slot // CHUNK)

    def elapsed(self, slot: int, *, at_ns: int) -> float:
        """Seconds since the last result, by when runs ended; 0 for one that is late. Moves the time on."""
        before = self._time[slot]
        if at_ns <= before:
            return 0.0
        self._time[slot] = at_ns
        return (at_ns - before) / _NS

    def time_of(self, slot: int) -> int:
        return self._time[slot]

    def window_over(self, slot: int, *, at_ns: int) -> bool:
        """Whether a result of then belongs to later six hours than those that are running."""
        return max(at_ns, self._time[slot]) // _WINDOW_NS > self._window_of[slot]

    def end_window(self, slot: int, *, noise: Noise, at_ns: int) -> tuple[Alarmed | None, Window]:
        """Closes the running window, and begins that of `at_ns`. Windows without results count as time
        alone."""
        window, before = self._windows[slot], self._window_of[slot]
        now = max(at_ns, self._time[slot]) // _WINDOW_NS
        alarmed = self._of(slot).end_window(window, found=noise, dt=float((now - before) * WINDOW_S))
        self._slow_shares[slot] = self._of(slot).standing.share
        self._window_of[slot] = now
        self._windows[slot] = Window.begun()
        self._touch(slot)
        self.changed_slow.add(slot // CHUNK)
        return alarmed, window

    def count(self, slot: int, x: float, *, q0: float, alternatives: Sequence[float]) -> None:
        """One result of the running window."""
        window = self._windows[slot]
        window.failures += x
        window.expected += q0
        sums = window.alternatives
        for k in range(_K):
            sums[k] += alternatives[k]
        window.n += 1

    def observe(self, given: Sequence[Observation]) -> Observed:
        """In order, by one call."""
        for slot in {one.slot for one in given}:
            self._touch(slot)
        return self._fast.observe(
            np.array([one.slot for one in given]),
            x=np.array([one.x for one in given]),
            q0=np.array([one.q0 for one in given]),
            dt=np.array([one.dt for one in given]),
            weight=np.array([one.weight for one in given]),
        )

    def shares(self, slot: int) -> tuple[float, float]:
        """Evidence over threshold of the fast and the slow detector."""
        return self._fast.one(slot).standing.share, self._of(slot).standing.share

    def shares_of(self, slots: Sequence[int], evidence: Floats) -> list[float]:
        """The larger share of both, after results that left the fast ones with this evidence."""
        fast = evidence / self._fast.thresholds[np.array(slots, dtype=np.int64)]
        return [max(each, self._slow_shares[slot]) for each, slot in zip(fast.tolist(), slots, strict=True)]

    def window_of(self, slot: int) -> int:
        """Windows since 1970, of the running one."""
        return self._window_of[slot]

    def thresholds_of(self, slot: int) -> tuple[float, float]:
        return float(self._fast.thresholds[slot]), self._of(slot).threshold

    def running_window(self, slot: int) -> Window:
        return self._windows[slot]

    def _of(self, slot: int) -> SlowDetector:
        slow = self._slow[slot]
        if slow is None:
            raise LookupError(f"nothing is in slot {slot}")
        return slow

    def _begin_window(self, slot: int) -> None:
        self._window_of[slot] = self._time[slot] // _WINDOW_NS
        self._windows[slot] = Window.begun()

    def _touch(self, slot: int) -> None:
        self.changed.add(slot // CHUNK)

    def _grow(self) -> None:
        """Twice as many: growing one by one would copy all of them each time."""
        size = len(self)
        grown = EDetectors([*self._fast.thresholds.tolist(), *([_UNUSED] * size)])
        for slot, kept in enumerate(self._fast.states(np.arange(size))):
            grown.set_state(slot, kept)
        self._fast = grown
        self._slow += [None] * size
        self._slow_shares += [0.0] * size
        self._time += [0] * size
        self._window_of += [0] * size
        self._windows += [Window.begun() for _ in range(size)]

    # --- state, as bytes ----------------------------------------------------------------------------------

    def chunk(self, number: int) -> bytes:
        slots = range(number * CHUNK, (number + 1) * CHUNK)
        fast = self._fast.states(np.arange(slots.start, slots.stop))
        out = [_HEAD]
        for slot, kept in zip(slots, fast, strict=True):
            window = self._windows[slot]
            out += (
                kept,
                _RUNNING.pack(
                    self._time[slot],
                    self._window_of[slot],
                    window.n,
                    window.failures,
                    window.expected,
                    *window.alternatives,
                ),
            )
        return b"".join(out)

    def slow_chunk(self, number: int) -> bytes:
        slots = range(number * CHUNK, (number + 1) * CHUNK)
        empty = bytes(_FAST.size)
        return _HEAD + b"".join(one.state if (one := self._slow[slot]) else empty for slot in slots)

    def load(self, number: int, *, kept: bytes, slow: bytes) -> None:
        """After every slot was placed. ValueError for bytes that are something else."""
        size = _FAST.size + _RUNNING.size
        _check(kept, number, size=size)
        _check(slow, number, size=_FAST.size)
        for place in range(CHUNK):
            slot = number * CHUNK + place
            if slot >= len(self) or self._slow[slot] is None:
                continue
            at = len(_HEAD) + place * size
            self._fast.set_state(slot, kept[at : at + _FAST.size])
            time, window_of, n, failures, expected, *alternatives = _RUNNING.unpack_from(
                kept, at + _FAST.size
            )
            self._time[slot], self._window_of[slot] = time, window_of
            self._windows[slot] = Window(failures=failures, expected=expected, alternatives=alternatives, n=n)
            at = len(_HEAD) + place * _FAST.size
            self._of(slot).state = slow[at : at + _FAST.size]
            self._slow_shares[slot] = self._of(slot).standing.share


def _check(kept: bytes, number: int, *, size: int) -> None:
    if not kept.startswith(_HEAD) or len(kept) != len(_HEAD) + CHUNK * size:
        raise ValueError(f"chunk {number} of the monitors' state is damaged or of another version")
