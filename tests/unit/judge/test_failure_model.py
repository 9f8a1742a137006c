"""p(failure): what ships is what fitting makes, says its calibration, and learns from labels."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Run
from roadworthy.features.ingest.replay import runs_in
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.evaluation.examples import development_examples
from roadworthy.features.judge.evaluation.sources import SOURCES
from roadworthy.features.judge.evaluation.split import Half, half_of
from roadworthy.features.judge.evaluation.traces import START_NS, chat_trace, team_trace, trace_folder
from roadworthy.features.judge.failure_model.fit import Example, fit_prior, newton, newton_with_signs, refit
from roadworthy.features.judge.failure_model.model import (
    MOST_FINDINGS,
    Calibration,
    FailureModel,
    Part,
    from_json,
    prior,
)
from roadworthy.features.judge.failure_model.reading import Kind, Reading, kind_of, read
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.verdict import find
from tests.payloads import shared_data

record = partial(runs_in, received_ns=START_NS)


def _data() -> Path:
    data = shared_data()
    if data is None:
        pytest.skip("no shared/data beside the checkout: the shipped prior is not compared with its data")
    return trace_folder(data)


def _chat(*messages: dict[str, object]) -> Transcript:
    [(run, spans)] = record(chat_trace("k", agent="shop", model="m", messages=messages))
    return Transcript(run, spans)


def _call(name: str, arguments: str, result: str, ident: str = "c1") -> tuple[dict[str, object], ...]:
    function = {"name": name, "arguments": arguments}
    return (
        {"role": "assistant", "content": "", "tool_calls": [{"id": ident, "function": function}]},
        {"role": "tool", "tool_call_id": ident, "name": name, "content": result},
    )


ORDINARY: tuple[dict[str, object], ...] = (
    {"role": "system", "content": "You help customers."},
    {"role": "user", "content": "Where is order 1001?"},
    *_call("get_order", '{"id": "1001"}', '{"id": "1001", "status": "shipped"}'),
    {"role": "assistant", "content": "Order 1001 has been shipped."},
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_ships_is_what_fitting_the_development_halves_makes() -> None:
    examples = development_examples(_data(), record=record, detectors=DETECTORS)
    assert {half_of(one.task) for one in examples} == {Half.DEVELOPMENT}
    made = fit_prior(examples, detectors=[one.name for one in DETECTORS if one.suspicious])

    shipped = prior()
    for kind, part in made.parts.items():
        _alike(shipped.parts[kind], part)


def _alike(shipped: Part, made: Part) -> None:
    # Machines round differently in the last digits of a sum; the weights are the same.
    assert shipped.rarity.keys() == made.rarity.keys()
    assert shipped.findings == pytest.approx(made.findings, abs=2e-3)
    assert shipped.words == pytest.approx(made.words, abs=5e-3)
    assert {name: one.weight for name, one in shipped.terms.items()} == pytest.approx(
        {name: one.weight for name, one in made.terms.items()}, abs=2e-3
    )
    assert shipped.calibration.n == made.calibration.n
    assert shipped.calibration.auc == pytest.approx(made.calibration.auc, abs=5e-3)


def test_no_task_is_in_both_halves_and_both_have_some() -> None:
    folder = _data()
    for source in SOURCES:
        halves: dict[str, set[Half]] = {}
        for trace in source.traces(folder):
            halves.setdefault(trace.task, set()).add(trace.half)
        assert all(len(each) == 1 for each in halves.values())
        assert {half for each in halves.values() for half in each} == set(Half)


def test_every_estimate_comes_with_its_calibration() -> None:
    transcript = _chat(*ORDINARY)
    estimate = prior().predict(transcript, find(transcript))

    assert 0 < estimate.p < 1
    held = estimate.calibration
    assert held.n >= 100
    assert 0 <= held.ece <= 0.15
    assert sum(one.n for one in held.bins) == held.n
    assert held.source


def test_a_clean_ordinary_run_of_an_unknown_agent_is_thought_safe() -> None:
    transcript = _chat(*ORDINARY)
    assert find(transcript) == []
    assert prior().predict(transcript, []).p < 0.25


def test_findings_raise_the_probability_and_are_named() -> None:
    transcript = _chat(*ORDINARY)
    clean = prior().predict(transcript, [])
    found = prior().predict(transcript, [Finding(detector="false_success_claim")])

    assert found.p > clean.p + 0.15
    assert found.contributions[0].name == "false_success_claim"
    unsure = prior().predict(transcript, [Finding(detector="false_success_claim", confidence=0.3)])
    assert clean.p < unsure.p < found.p


def test_detectors_the_weights_do_not_know_add_nothing() -> None:
    transcript = _chat(*ORDINARY)
    assert (
        prior().predict(transcript, [Finding(detector="made_tomorrow")]).p
        == prior().predict(transcript, []).p
    )


def test_many_findings_are_bounded() -> None:
    part = prior().parts[Kind.CHAT]
    reading = Reading(kind=Kind.CHAT, signals={}, findings=dict.fromkeys(part.findings, 1.0))
    none = Reading(kind=Kind.CHAT, signals={})
    model = prior()
    assert model.estimate(reading).logit - model.estimate(none).logit <= part.slope * MOST_FINDINGS + 1e-9


def test_extreme_runs_give_a_probability() -> None:
    for transcript in (
        Transcript(Run(project="p", id="r", sort_ns=1), []),
        _chat({"role": "user", "content": "x" * 5_000_000}, {"role": "assistant", "content": "9" * 400_000}),
        _chat(*ORDINARY, *(m for i in range(300) for m in _call("add_row", "{broken", "\x00ok", f"i{i}"))),
    ):
        assert 0 < prior().predict(transcript, []).p < 1


def test_kinds() -> None:
    [(run, spans)] = record(
        team_trace(
            "t",
            team="maths",
            question="2 + 2?",
            steps=[{"name": "a", "content": "It is 4"}, {"name": "b", "content": "4"}],
        )
    )
    assert kind_of(Transcript(run, spans)) is Kind.REASONING
    assert kind_of(_chat(*ORDINARY)) is Kind.CHAT


def test_signals_say_what_they_say() -> None:
    transcript = _chat(
        {"role": "user", "content": "Cancel order 1001, and also order 1002."},
        *_call("cancel_order", '{"id": "1001"}', '{"ok": true}', "c1"),
        *_call("cancel_order", '{"id": "7777"}', "Error: no such order", "c2"),
        {"role": "assistant", "content": "Both are cancelled, 2 in all."},
    )
    signals = read(transcript, []).signals

    assert signals["failed_tool_share"] == 0.5
    assert signals["writes_failed"] == 1
    assert signals["write_arguments_never_said"] == 0
    said = _chat(
        {"role": "user", "content": "Cancel it."},
        *_call("cancelOrder", '{"id": "1001"}', '{"ok": true}'),
    )
    assert read(said, []).signals["write_arguments_never_said"] == 1


def test_agreement_on_a_number_is_seen() -> None:
    def signals(last: str) -> dict[str, float]:
        steps = [
            {"name": "coder", "content": "```python\nprint(6 * 7)\n```"},
            {"name": "executor", "content": "exitcode: 0 (execution succeeded)\nCode output: 42"},
            {"name": "verifier", "content": last},
        ]
        [(run, spans)] = record(team_trace("t", team="maths", question="6 times 7?", steps=steps))
        return read(Transcript(run, spans), []).signals

    right, wrong = signals("The answer is \\boxed{42}."), signals("The answer is \\boxed{41}.")
    assert right["answer_is_what_was_computed"] == 1
    assert wrong["answer_is_what_was_computed"] == -1
    assert right["says_the_answer"] > wrong["says_the_answer"]
    assert (
        "says_the_answer" not in signals("I cannot tell.")
        or signals("I cannot tell.")["says_the_answer"] == 0
    )


def test_newton_finds_the_weights_that_scikit_learn_finds() -> None:
    rnd = np.random.default_rng(4)
    rows = rnd.normal(size=(300, 5))
    failed = (rnd.random(300) < 1 / (1 + np.exp(-rows @ [1.0, -0.5, 0.0, 0.3, 0.0]))).astype(float)
    theirs = LogisticRegression(C=1 / 8, fit_intercept=False, tol=1e-10, max_iter=5000).fit(rows, failed)
    ours = newton(rows, failed, centre=np.zeros(5), precision=np.full(5, 8.0))
    assert ours == pytest.approx(theirs.coef_[0], abs=1e-4)

    # Without data that speak, weights stay where they were believed to be.
    centre = np.array([0.8, 0.0, 0.0, 0.0, 0.0])
    silent = newton(np.zeros((3, 5)), np.array([1.0, 0.0, 1.0]), centre=centre, precision=np.full(5, 4.0))
    assert silent == pytest.approx(centre)


def test_a_weight_of_the_wrong_sign_is_held_at_nothing() -> None:
    rnd = np.random.default_rng(4)
    rows = rnd.normal(size=(300, 2))
    failed = (rnd.random(300) < 1 / (1 + np.exp(-rows @ [-1.0, 1.0]))).astype(float)
    held = newton_with_signs(rows, failed, centre=np.zeros(2), precision=np.ones(2), signs=np.array([1, 1]))
    assert held[0] == 0
    assert held[1] > 0.5


def test_json_round_trip_and_what_is_no_model() -> None:
    assert from_json(prior().as_json()) == prior()
    for broken in (
        b"",
        b"[]",
        b"{}",
        b'{"format": 99}',
        b'{"format": 1, "label": "x", "parts": {"chat": {}}}',
    ):
        with pytest.raises(ValueError):
            from_json(broken)


def _labels(n: int, *, seed: int = 1) -> list[Example]:
    """An agent whose failures show in one signal that the prior gives another weight, and fail more often."""
    rnd = random.Random(seed)
    part = prior().parts[Kind.CHAT]
    examples: list[Example] = []
    for number in range(n):
        failed = rnd.random() < 0.5
        signals = {name: rnd.gauss(term.mean, term.sd) for name, term in part.terms.items()}
        term = part.terms["failed_tool_share"]
        signals["failed_tool_share"] = rnd.gauss(term.mean + (2 if failed else -2) * term.sd, term.sd)
        reading = Reading(kind=Kind.CHAT, signals=signals, words=Counter())
        examples.append(Example(reading=reading, failed=failed, task=str(number)))
    return examples


def _hits(model: FailureModel, examples: list[Example]) -> int:
    return sum((model.estimate(one.reading).p > 0.5) == one.failed for one in examples)


def test_labels_of_an_agent_move_its_weights() -> None:
    refitted = refit(prior(), _labels(200))

    fresh = _labels(200, seed=2)
    assert _hits(refitted, fresh) > _hits(prior(), fresh) + 30
    held: Calibration = refitted.parts[Kind.CHAT].calibration
    assert (held.n, held.source) == (200, "labels of this agent")
    assert held.ece < 0.15
    assert refitted.label != prior().label
    # What no label was about stays.
    assert refitted.parts[Kind.REASONING] == prior().parts[Kind.REASONING]
    assert from_json(refitted.as_json()) == refitted


def test_few_labels_are_refused() -> None:
    for few in (_labels(19), [one for one in _labels(100) if one.failed]):
        with pytest.raises(ValueError, match="refitting needs 20 labelled runs"):
            refit(prior(), few)


def test_refitting_again_gives_the_same() -> None:
    assert refit(prior(), _labels(40)) == refit(prior(), _labels(40))
