"""How many results of an agent come, and whether that is as usual. Rules, neither proven nor simulated:
three times the longest pause there was is silence, ten times the fullest hour is a jump."""

from __future__ import annotations

from dataclasses import dataclass

HOUR_NS = 3_600 * 10**9
SILENCE_FACTOR = 3
LEAST_SILENCE_NS = 1_800 * 10**9
JUMP_FACTOR = 10
LEAST_HOUR = 10
"""Fuller than this an hour is taken to have been."""
LEAST_RESULTS = 50
HOURS_GET_USED_TO = 24


@dataclass(slots=True)
class Volume:
    """Times are when results were recorded: late ones came when they came."""

    n: int = 0
    first_ns: int = 0
    last_ns: int = 0
    last_seq: int = 0
    longest_gap_ns: int = 0
    hour: int = 0
    hour_n: int = 0
    fullest_hour: int = 0
    silent: bool = False
    jumped: bool = False
    jumped_hours: int = 0
    """So many full hours in a row; after a day that is how it is now."""

    def allowed_gap_ns(self) -> int:
        return max(LEAST_SILENCE_NS, SILENCE_FACTOR * self.longest_gap_ns)

    def allowed_in_hour(self) -> int:
        return JUMP_FACTOR * max(LEAST_HOUR, self.fullest_hour)

    def known(self, *, hours: float) -> bool:
        """Whether enough was seen to say what is usual."""
        return self.n >= LEAST_RESULTS and self.last_ns - self.first_ns >= hours * HOUR_NS

    def overdue(self, *, now_ns: int, hours: float) -> bool:
        return self.known(hours=hours) and not self.silent and now_ns - self.last_ns > self.allowed_gap_ns()

    def excuse(self, *, until_ns: int) -> None:
        """Nobody watched until then."""
        self.last_ns = max(self.last_ns, until_ns) if self.n else self.last_ns

    def note(self, *, recorded_ns: int, seq: int, hours: float) -> None:
        """One result. Call `overdue` before, with its time, and look at `hour_n` after."""
        if not self.n:
            self.first_ns = recorded_ns
        elif not self.silent:
            # A silence that raised an alarm is not what pauses are measured by.
            self.longest_gap_ns = max(self.longest_gap_ns, recorded_ns - self.last_ns)
        hour = recorded_ns // HOUR_NS
        if hour != self.hour:
            self.jumped_hours = self.jumped_hours + 1 if self.jumped else 0
            if not self.jumped or self.jumped_hours >= HOURS_GET_USED_TO:
                self.fullest_hour = max(self.fullest_hour, self.hour_n)
            self.hour, self.hour_n = hour, 0
        self.n += 1
        self.hour_n += 1
        self.last_ns = recorded_ns
        self.last_seq = seq
