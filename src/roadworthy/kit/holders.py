"""Who makes the reruns of an inquiry, or the runs of a drill, now: they say who they are each time they ask
for work."""

from __future__ import annotations

import time
from collections.abc import Callable

HEARD_S = 3.0
"""Whoever was silent for so long is gone: makers ask at least once a second, though they have enough."""


class Held(Exception):  # noqa: N818 (a condition)
    """Somebody else makes them, and was heard of just now; the message says who."""


class Holders:
    """`work` is what they make, as messages call it. In memory: a server that starts anew hears of them
    within a second. Not for several threads at once."""

    def __init__(self, *, work: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._work = work
        self._clock = clock
        self._heard: dict[tuple[str, str], dict[str, float]] = {}

    def claim(self, project: str, work_id: str, *, holder: str, alone: bool) -> None:
        """`holder` is heard of; "" is somebody who does not say who. `alone` raises Held while others are."""
        now = self._clock()
        self._forget(before=now - HEARD_S)
        there = self._heard.setdefault((project, work_id), {})
        other = next((one for one in there if one != holder), None)
        if alone and other is not None:
            raise Held(
                f"{other} makes {self._work}, and was heard of {now - there[other]:.0f} s ago: "
                "let it go on, or stop it there first"
            )
        if holder:
            there[holder] = now

    def _forget(self, *, before: float) -> None:
        kept = {
            work: {one: at for one, at in there.items() if at > before} for work, there in self._heard.items()
        }
        self._heard = {work: there for work, there in kept.items() if there}
