"""Whether an answer is what was wanted."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from roadworthy.domain.agent_ended import Ending
from roadworthy.features.debug.check import Checked, check_answer
from roadworthy.features.debug.inquiry import Check

SCHEMA = '{"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}'


def _never(name: str, answer: str) -> Checked:
    raise AssertionError(f"{name} was asked about {answer}")


@pytest.mark.parametrize(
    ("how", "expected", "answer", "passed"),
    [
        ("contains", "shipped", "It has **Shipped**.", True),
        ("contains", "ship", "It has shipped.", False),
        ("exact", "it has shipped", "It has shipped.", True),
        ("exact", "it has shipped", "Yes: it has shipped", False),
        ("number", "1234.5", "In all 1.234,50 EUR", True),
        ("number", "1234.5", "In all 1234 EUR", False),
        ("regex", r"A-\d+", "order A-12", True),
        ("regex", r"^A-\d+$", "order A-12", False),
        ("regex", "^$", "", True),
        ("regex", "^Zoë.$", "Zoë\ud800", True),
        ("json", SCHEMA, '{"total": 41}', True),
        ("json", SCHEMA, 'Here:\n```json\n{"total": 41}\n```', True),
        ("json", SCHEMA, '{"total": "41"}', False),
        ("json", SCHEMA, "41 EUR", False),
        ("same", "", "  the SUM is 41  ", True),
        ("same", "", "The sum is 42.", False),
        ("command", "./check", "anything", None),
    ],
)
def test_each_way_to_decide(how: str, expected: str, answer: str, passed: bool | None) -> None:
    found = check_answer(
        Check(how=how, expected=expected), answer, recorded="The sum is 41.", evaluate=_never
    )
    assert found.passed is passed
    assert found.said


def test_same_cannot_say_where_the_recorded_answer_is_not_known() -> None:
    found = check_answer(Check(how="same"), "x", recorded=None, evaluate=_never)
    assert found == Checked(passed=None, said="what the recorded run answered is not known")


@pytest.mark.parametrize(("ending", "word"), [(Ending.HUNG, "hung"), (Ending.CRASHED, "crashed")])
def test_who_gave_no_answer_failed(ending: Ending, word: str) -> None:
    found = check_answer(
        Check(how="evaluator", expected="polite"), "", recorded=None, evaluate=_never, ending=ending
    )
    assert found.passed is False and word in found.said


def test_no_pattern_takes_long() -> None:
    began = time.monotonic()
    evil = Check(how="regex", expected=r"^(([a-z])+.)+[A-Z]([a-z])+$")
    assert check_answer(evil, "a" * 100_000, recorded=None, evaluate=_never).passed is False
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("how", "loaded"), [("contains", False), ("regex", True)])
def test_arrow_is_loaded_beforehand_for_a_pattern_and_for_nothing_else_and_pandas_never(
    how: str, loaded: bool
) -> None:
    program = (
        "import sys\n"
        "from roadworthy.features.debug.check import check_answer, made_ready\n"
        "from roadworthy.features.debug.inquiry import Check\n"
        f"check = Check(how={how!r}, expected='4.')\n"
        "made_ready(check).join()\n"
        "there = 'pyarrow.compute' in sys.modules\n"
        "found = check_answer(check, 'it is 4.', recorded=None, evaluate=print)\n"
        "print(there, found.passed, 'pandas' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(loaded), "True", "False"]
