"""Who makes reruns, or the runs of a drill: heard of while it asks, forgotten when it is silent."""

from __future__ import annotations

import pytest

from roadworthy.kit.holders import HEARD_S, Held, Holders


def test_one_that_was_killed_is_forgotten_and_one_that_asks_is_not() -> None:
    now = [100.0]
    holders = Holders(work="the runs of this drill", clock=lambda: now[0])
    holders.claim("p", "one", holder="first", alone=True)
    holders.claim("p", "another", holder="second", alone=True)
    holders.claim("q", "one", holder="second", alone=True)

    now[0] += HEARD_S - 1
    holders.claim("p", "one", holder="first", alone=False)
    now[0] += HEARD_S - 1
    with pytest.raises(Held, match="first makes the runs of this drill, and was heard of 2 s ago"):
        holders.claim("p", "one", holder="second", alone=True)

    now[0] += 1
    holders.claim("p", "one", holder="second", alone=True)
    with pytest.raises(Held, match="second"):
        holders.claim("p", "one", holder="first", alone=True)


def test_whoever_does_not_say_who_it_is_holds_nothing_and_takes_from_nobody_that_is_there() -> None:
    holders = Holders(work="reruns")
    holders.claim("p", "one", holder="", alone=True)
    holders.claim("p", "one", holder="first", alone=True)
    with pytest.raises(Held):
        holders.claim("p", "one", holder="", alone=True)
