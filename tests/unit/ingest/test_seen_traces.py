"""The filter that says which traces may be in the store: never a wrong no, hardly ever a wrong maybe."""

from __future__ import annotations

import random

import pytest

from roadworthy.features.ingest.runs.seen import TRACES_A_GENERATION, SeenTraces

STARTED, SWAPPED = 100, 200


@pytest.fixture(scope="module")
def full() -> tuple[SeenTraces, list[str]]:
    """One generation full and a second one begun. Some tracers make ids of 64 bits: zeros stand before."""
    rng = random.Random(7)
    ids = [f"{rng.getrandbits(64 if number % 2 else 128):032x}" for number in range(TRACES_A_GENERATION + 1)]
    seen = SeenTraces(since_ns=STARTED)
    for trace_id in ids:
        seen.add(trace_id, now_ns=SWAPPED)
    return seen, ids


def test_of_a_trace_that_was_added_it_never_says_no(full: tuple[SeenTraces, list[str]]) -> None:
    seen, ids = full
    assert all(seen.may_hold(trace_id, start_ns=STARTED) for trace_id in [*ids[::50], ids[-1]])


@pytest.mark.parametrize("bits", [64, 128])
def test_one_unknown_trace_in_ten_thousand_at_most_costs_a_look(
    full: tuple[SeenTraces, list[str]], bits: int
) -> None:
    rng = random.Random(8)
    unknown = [f"{rng.getrandbits(bits):032x}" for _ in range(100_000)]
    assert sum(full[0].may_hold(trace_id, start_ns=STARTED) for trace_id in unknown) <= 10


def test_what_two_generations_ago_knew_is_answered_by_time() -> None:
    seen = SeenTraces(since_ns=STARTED)
    assert seen.may_hold("0" * 31 + "1", start_ns=STARTED - 1)
    assert not seen.may_hold("0" * 31 + "1", start_ns=STARTED)


def test_a_trace_forgotten_with_its_generation_started_before_the_time_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("roadworthy.features.ingest.runs.seen.TRACES_A_GENERATION", 10)
    seen = SeenTraces(since_ns=0)
    for number in range(35):
        seen.add(f"{number:032x}", now_ns=number)
    assert seen.since_ns == 20, "the third generation began at 20, when the second was full"
    assert all(seen.may_hold(f"{number:032x}", start_ns=number) for number in range(35))
