"""Whatever a run holds, it gets a whole verdict: probability, outcome, issues, and the same one twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from roadworthy.domain.run import Outcome
from roadworthy.features.judge.failure_model.model import prior
from roadworthy.features.judge.issues import issues_of
from roadworthy.features.judge.verdict import Judged, Rules, judge_run
from tests.unit.judge.detectors.making import Talk
from tests.unit.judge.test_detectors_hostile import BASE64, BINARY, LONG

RULES = Rules(
    label="1",
    predict=prior().p,
    fingerprint=lambda run, findings: tuple(key.id for key in issues_of(run, findings)),
)


def one_span() -> Talk:
    return Talk("Refund A-99.").says("Done.")


def ten_thousand_spans() -> Talk:
    talk = Talk("Refund everything.", tools=["issue_refund"])
    for number in range(10_000):
        talk.tool("issue_refund", {"id": f"A-{number}"}, {"ok": number % 3 > 0})
    return talk.says("All 10,000 are refunded.")


def no_answer() -> Talk:
    return Talk("Refund A-99.").tool("issue_refund", {"id": "A-99"}, '{"ok": ')


def other_language() -> Talk:
    talk = Talk("注文 A-99 を返金してください。").tool("issue_refund", {"id": "A-99"}, "エラー: 失敗しました")
    return talk.says("返金が完了しました。" * 40)


CASES: list[Callable[[], Talk]] = [
    one_span,
    no_answer,
    other_language,
    lambda: Talk("Refund A-99.").tool("issue_refund", BINARY, BASE64).says(LONG),
    lambda: Talk(BINARY, system=BASE64).tool(BINARY, BINARY, BINARY, failed=True, error=BINARY).says(BINARY),
    lambda: Talk("").says(""),
]


def check(talk: Talk) -> Judged:
    transcript = talk.transcript()
    judged = judge_run(transcript.run, transcript.spans, rules=RULES)
    run = judged.run
    assert (run.judged, run.outcome) == ("1", Outcome.UNKNOWN)
    assert run.p_failure is not None and 0 <= run.p_failure <= 1
    assert len(run.findings) <= 40 and len(run.issues) <= 8
    return judged


@pytest.mark.parametrize("case", CASES)
def test_every_run_gets_a_verdict_and_the_same_one_twice(case: Callable[[], Talk]) -> None:
    assert check(case()) == check(case())


def test_so_does_one_of_ten_thousand_spans() -> None:
    assert check(ten_thousand_spans()).run.detectors
