"""Whether an agent passed: by its calls and by its answer, and what is said where it did not."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.agent_ended import AgentEnded, Ending, RecordedEnd
from roadworthy.domain.exchange import Ending as Gone
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.cases.case import Calls, Case
from roadworthy.features.debug.cases.verdict import Outcome, Verdict, verdict_of
from roadworthy.features.debug.inquiry import Check
from roadworthy.features.debug.plan import Change, ChangeKind
from roadworthy.features.debug.running.check_command import checked_by_command
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.journal import JournalLine
from tests.unit.debug.cases.tapes import an_order_tape


def a_line(step: int | None, how: str = "recorded", note: str = "", **more: Any) -> JournalLine:
    given = {"kind": ExchangeKind.MODEL, "target": "planner", **more}
    return JournalLine(at_ns=1, step=step, how=How(how), note=note, **given)


ALL = [a_line(1), a_line(2), a_line(3)]
MISS = a_line(
    None, "miss", note="nothing like it was recorded", diff="-old\n+new", target="erp.stock", diverged_at=2
)


def a_case(**changes: Any) -> Case:
    made = Case(
        name="order total", input="A-1?", check=Check(how="number", expected="42"), tape=an_order_tape()
    )
    return replace(made, **changes)


def judged(case: Case, *lines: JournalLine, answer: str = "It is 42.", **ended: Any) -> Verdict:
    said = AgentEnded(**{"ending": Ending.ANSWERED, "answer": answer, "exit_code": 0, **ended})
    return verdict_of(case, said, lines, run_check=lambda command, text: checked_by_command(command, text))


def test_the_same_calls_and_the_right_answer_pass() -> None:
    assert judged(a_case(), *ALL) == Verdict(outcome=Outcome.PASSED)


def test_a_wrong_answer_fails_and_is_shown() -> None:
    found = judged(a_case(), *ALL, answer="It is 41.")
    assert (found.outcome, found.why) == (Outcome.FAILED, ("The answer is without the number 42: It is 41.",))
    same = judged(a_case(check=Check(how="same")), *ALL, answer="No idea")
    assert same.why == ("The answer is not what was recorded: No idea",)


@pytest.mark.parametrize(
    ("calls", "lines", "says"),
    [
        (Calls.SAME_CALLS, [ALL[0], MISS], "A call to erp.stock: nothing like it was recorded"),
        (Calls.SAME_CALLS, [ALL[0], ALL[1]], "It did not make a call it made then: 3 (planner)"),
        (Calls.SAME_CALLS, [ALL[0], a_line(2, "dated", "matched but for the clock"), ALL[2]], ""),
        (
            Calls.STRICT,
            [ALL[0], a_line(2, "dated", "but for the clock"), ALL[2]],
            "not to the letter: but for",
        ),
        (Calls.STRICT, [*ALL, MISS], "A call to erp.stock"),
        (Calls.ANSWER, [ALL[0], MISS], ""),
        (Calls.ANSWER, [], ""),
    ],
)
def test_what_is_asked_of_the_calls(calls: Calls, lines: list[JournalLine], says: str) -> None:
    found = judged(a_case(calls=calls), *lines)
    assert found.outcome is (Outcome.FAILED if says else Outcome.PASSED)
    assert says in " ".join(found.why)


def test_the_first_divergence_is_that_of_the_first_call_without_an_answer() -> None:
    found = judged(a_case(), ALL[0], MISS, replace(MISS, diff="later", diverged_at=3))
    assert (found.diverged_at, found.diff) == (2, "-old\n+new")
    hole = judged(a_case(), ALL[0], a_line(2, "hole", "deleted"))
    assert (hole.diverged_at, hole.diff) == (2, "")


def test_what_the_agent_had_gone_away_from_it_need_not_ask_for() -> None:
    tape = an_order_tape()
    aborted = replace(tape.calls[1], exchange=replace(tape.calls[1].exchange, ending=Gone.ABORTED))
    case = a_case(tape=replace(tape, calls=(tape.calls[0], aborted, tape.calls[2])))
    assert judged(case, ALL[0], ALL[2]).outcome is Outcome.PASSED


def test_behind_what_is_put_right_calls_may_stay_out() -> None:
    change = Change(step=2, kind=ChangeKind.RESULT, text='{"total": 42}')
    case = a_case(changes=(change,))
    assert judged(case, ALL[0], a_line(2, "changed")).outcome is Outcome.PASSED
    assert judged(case, ALL[0]).outcome is Outcome.FAILED
    assert judged(replace(case, calls=Calls.STRICT), ALL[0], a_line(2, "changed")).outcome is Outcome.FAILED
    good = a_case(good=an_order_tape())
    assert judged(good, a_line(1, "good"), a_line(2, "good")).outcome is Outcome.PASSED


def test_an_expected_failure_passes_until_the_agent_does() -> None:
    case = a_case(expect_failure=True)
    assert judged(case, *ALL, answer="41").outcome is Outcome.PASSED
    now = judged(case, *ALL)
    assert now.outcome is Outcome.FAILED and "passes now" in now.why[0]
    # A crash is not the failure that is expected.
    assert judged(case, *ALL, ending=Ending.CRASHED, exit_code=1).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        ({"ending": Ending.HUNG, "elapsed_ms": 5000.0}, "did not end in time (5 s)"),
        (
            {"ending": Ending.CRASHED, "exit_code": 3, "error": "Traceback\nKeyError: 'x'\n(see the log)\n"},
            "ended with 3 without an answer: KeyError: 'x'",
        ),
        ({"answer": "  \n"}, "printed no answer"),
    ],
)
def test_an_agent_that_hangs_crashes_or_says_nothing(ended: dict[str, Any], says: str) -> None:
    found = judged(a_case(), ALL[0], MISS, **ended)
    assert found.outcome is Outcome.FAILED
    assert says in found.why[0]
    assert "A call to erp.stock was not answered: nothing like it was recorded" in found.why


CRASH: dict[str, Any] = {"ending": Ending.CRASHED, "exit_code": 1, "error": "KeyError: 'A-1'", "answer": ""}
CRASHED = replace(
    an_order_tape(),
    output=None,
    end=RecordedEnd(ending=Ending.CRASHED, exit_code=1, error="KeyError: 'A-1'"),
)


@pytest.mark.parametrize(
    "case",
    [
        a_case(tape=CRASHED, check=Check(how="same")),
        a_case(tape=CRASHED, expect_failure=True),
    ],
)
def test_a_crash_that_is_expected_is_the_recorded_one_and_no_other(case: Case) -> None:
    as_then = judged(case, *ALL, **CRASH)
    assert as_then.outcome is Outcome.PASSED
    assert as_then.why[0].startswith("It crashes as the recorded run did") and "KeyError" in as_then.why[0]
    other = judged(case, *ALL, **{**CRASH, "error": "ValueError: no"})
    assert (other.outcome, other.why) == (
        Outcome.FAILED,
        ("The agent ended with 1 without an answer: ValueError: no",),
    )
    elsewhere = judged(case, ALL[0], MISS, **CRASH)
    assert (elsewhere.outcome, elsewhere.diverged_at) == (Outcome.FAILED, 2)
    assert judged(case, *ALL).outcome is Outcome.FAILED, "it answers now"


def test_a_crash_that_is_not_expected_fails_though_it_is_the_recorded_one() -> None:
    assert judged(a_case(tape=CRASHED), *ALL, **CRASH).outcome is Outcome.FAILED


def test_an_agent_that_cannot_be_started_is_not_the_agents_fault() -> None:
    found = judged(a_case(), ending=Ending.CRASHED, exit_code=None, error="cannot start 'x'")
    assert (found.outcome, found.why) == (Outcome.ERROR, ("The agent: cannot start 'x'.",))


def test_a_check_that_disagrees_with_itself_decides_nothing(tmp_path: Path) -> None:
    flaky = tmp_path / "flaky.py"
    flaky.write_text(
        "import pathlib, sys\n"
        f"seen = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        "again = seen.exists()\n"
        "seen.touch()\n"
        "sys.exit(again)\n"
    )
    found = judged(a_case(check=Check(how="command", expected=f"{sys.executable} {flaky}")), *ALL)
    assert found.outcome is Outcome.ERROR
    assert found.why == (
        "The check disagrees with itself: asked twice about one answer it said passed, then failed.",
    )


@pytest.mark.parametrize(
    ("command", "outcome", "says"),
    [
        (f"{sys.executable} -c \"import sys; sys.exit('42' not in sys.stdin.read())\"", Outcome.PASSED, ""),
        (f"{sys.executable} -c \"print('too short'); raise SystemExit(1)\"", Outcome.FAILED, "too short"),
        ("no-such-program --x", Outcome.ERROR, "cannot be started"),
        ('quotes "open', Outcome.ERROR, "cannot be started"),
        (f'{sys.executable} -c "import os; os.kill(os.getpid(), 9)"', Outcome.ERROR, "ended with -9"),
        (f'{sys.executable} -c "raise SystemExit(127)"', Outcome.ERROR, "ended with 127"),
    ],
)
def test_a_check_that_is_a_command(command: str, outcome: Outcome, says: str) -> None:
    found = judged(a_case(check=Check(how="command", expected=command)), *ALL)
    assert found.outcome is outcome, found
    assert says in " ".join(found.why)


def test_a_checks_command_that_hangs_is_ended() -> None:
    found = checked_by_command(f'{sys.executable} -c "import time; time.sleep(60)"', "x", timeout_s=0.3)
    assert found.passed is None and "did not end within 0.3 s" in found.said
