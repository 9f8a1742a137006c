"""The inputs of one agent: drift in real inputs, none in shuffled ones, and a state that survives."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.features.watch.inputs.reference import LEARNED_FROM
from roadworthy.features.watch.inputs.watcher import RECENT, AgentInputs, Drifted, Input, Tail
from tests.unit.watch.inputs.real_inputs import MINUTE_NS, inputs_of, shuffled


def _watched(inputs: list[Input], *, into: AgentInputs | None = None) -> tuple[list[Tail], list[Drifted]]:
    watcher = into or AgentInputs("solver")
    tails, drifts = [], []
    for one in inputs:
        tail, drifted = watcher.observe(one)
        if tail:
            tails.append(tail)
        if drifted:
            drifts.append(drifted)
    return tails, drifts


@pytest.mark.parametrize("seed", range(6))
def test_shuffled_inputs_raise_no_alarm(seed: int) -> None:
    """3,223 inputs a stream are compared, 19,338 in all, at one false alarm in 526,000 or fewer: the chance
    that any of these tests fails by itself is below 4 %, and the seeds are fixed."""
    watcher = AgentInputs("solver")

    tails, drifts = _watched(inputs_of(shuffled("math", seed=seed)), into=watcher)

    assert drifts == []
    # Given one reference of 225 the share of tails spreads around 0.005.
    assert len(tails) / watcher.observed < 0.02
    assert 0.44 < sum(point.p_sum for point in watcher.history()) / watcher.observed < 0.56


@pytest.mark.parametrize(
    ("source", "share", "within"),
    [
        ("airline", 1.0, 25),
        ("code", 1.0, 20),
        ("questions", 1.0, 25),
        ("airline", 0.3, 250),
        ("code", 0.3, 200),
        ("questions", 0.3, 250),
    ],
)
def test_inputs_of_another_kind_are_noticed(source: str, share: float, within: int) -> None:
    """Mathematics first; then all, or three in ten, are from elsewhere."""
    rng = random.Random(5)
    before, after = shuffled("math", seed=5)[:1200], shuffled("math", seed=6)[:400]
    others = shuffled(source, seed=7)
    mixed = [rng.choice(others) if rng.random() < share else text for text in after]
    watcher = AgentInputs("solver")

    _, early = _watched(inputs_of(before), into=watcher)
    _, drifts = _watched(inputs_of(mixed, first=1200), into=watcher)

    assert early == []
    noticed = int(drifts[0].run_id, 16) - 1200
    assert noticed <= within
    assert abs(drifts[0].began_ns // MINUTE_NS - 1200) <= max(30, noticed)


def test_what_changed_is_said() -> None:
    watcher = AgentInputs("solver")
    _watched(inputs_of(shuffled("math", seed=1)[:700]), into=watcher)
    _watched(inputs_of(shuffled("code", seed=1), first=700), into=watcher)

    up, down = watcher.terms()

    assert {"task", "programming", "requirements"} & {term.term for term in up}
    assert all(term.now > term.before for term in up)
    assert all(term.now < term.before for term in down)
    unusual = watcher.unusual(most=5)
    assert all(int(one.run_id, 16) >= 700 for one in unusual)
    assert [one.p for one in unusual] == sorted(one.p for one in unusual)


def test_it_is_over_when_inputs_are_usual_again() -> None:
    watcher = AgentInputs("solver")
    _watched(inputs_of(shuffled("math", seed=2)[:900]), into=watcher)
    assert watcher.over
    _watched(inputs_of(shuffled("code", seed=2), first=900), into=watcher)
    assert not watcher.over
    _watched(inputs_of(shuffled("math", seed=3)[:RECENT], first=1100), into=watcher)
    assert watcher.over


def test_cut_anywhere_the_state_is_the_same_to_the_bit() -> None:
    texts = shuffled("math", seed=4)[:700] + shuffled("code", seed=4)[:60]
    inputs = inputs_of(texts)
    whole = AgentInputs("solver")
    expected = _watched(inputs, into=whole)
    for cut in (0, 1, LEARNED_FROM - 1, LEARNED_FROM, LEARNED_FROM + 1, 705, 759):
        first = AgentInputs("solver")
        before = _watched(inputs[:cut], into=first)
        kept = {name: body for name, body in first.to_parts(known_reference="").items() if body is not None}
        again = AgentInputs.from_parts(kept)
        after = _watched(inputs[cut:], into=again)
        assert (before[0] + after[0], before[1] + after[1]) == expected
        assert again.to_parts(known_reference="") == whole.to_parts(known_reference="")


def test_the_reference_is_kept_once() -> None:
    watcher = AgentInputs("solver")
    _watched(inputs_of(shuffled("math", seed=1)[:610]), into=watcher)
    assert watcher.reference is not None
    assert "reference" not in watcher.to_parts(known_reference=watcher.reference.id)
    assert len(watcher.to_parts(known_reference="")["reference"] or b"") < 1_500_000


def test_a_session_that_loops_counts_once_in_ten_minutes() -> None:
    watcher = AgentInputs("solver")
    texts = shuffled("math", seed=1)
    _watched(inputs_of(texts[:LEARNED_FROM]), into=watcher)

    start = LEARNED_FROM * MINUTE_NS
    looping = [
        Input(run_id=f"{n:x}", at_ns=start + n * 10**9, text="Buy bitcoin now!", session_id="s")
        for n in range(1500)
    ]
    _, drifts = _watched(looping, into=watcher)

    assert watcher.observed == 3
    assert drifts == []


def test_runs_without_text_say_nothing() -> None:
    watcher = AgentInputs("solver")
    _watched(
        [Input(run_id=str(n), at_ns=n, text=text) for n, text in enumerate(["", " \n", "\t"])], into=watcher
    )
    assert watcher.learning == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=30))
def test_any_text_can_be_compared(texts: list[str]) -> None:
    """Surrogates, empty words, digits of other scripts, one character."""
    watcher = AgentInputs("any")
    for number in range(LEARNED_FROM):
        watcher.observe(Input(run_id=str(number), at_ns=number, text=texts[number % len(texts)] + " x"))
    for number, text in enumerate(texts):
        watcher.observe(Input(run_id=f"n{number}", at_ns=LEARNED_FROM + number, text=text))
    assert all(0 < seen.p <= 1 for seen in watcher.recent)
    assert AgentInputs.from_parts(
        {name: body for name, body in watcher.to_parts(known_reference="").items() if body}
    ).to_parts(known_reference="") == watcher.to_parts(known_reference="")
