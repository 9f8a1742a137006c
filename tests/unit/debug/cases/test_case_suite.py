"""Cases one beside the other: in order, stopped at the first failure, told as JUnit."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from roadworthy.features.debug.cases.suite import (
    CaseResult,
    Timing,
    case_files,
    exit_code,
    junit,
    run_suite,
)
from roadworthy.features.debug.cases.verdict import Outcome, Verdict


def result(file: str, outcome: Outcome = Outcome.PASSED, *why: str, diff: str = "") -> CaseResult:
    verdict = Verdict(outcome=outcome, why=why, diff=diff, diverged_at=2 if diff else None)
    return CaseResult(file=file, name=f"case {file}", agent="support", verdict=verdict, notes=("seen",))


def test_files_and_folders(tmp_path: Path) -> None:
    for name in ("b/two.case.jsonl", "a/one.case.jsonl", "a/other.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    one, two = tmp_path / "a/one.case.jsonl", tmp_path / "b/two.case.jsonl"
    assert case_files([tmp_path]) == [one, two]
    assert case_files([two, tmp_path]) == [two, one]
    assert case_files([tmp_path / "a/other.jsonl"]) == [tmp_path / "a/other.jsonl"]
    (tmp_path / "empty").mkdir()
    for missing, says in ((tmp_path / "empty", "has no"), (tmp_path / "nowhere", "there is no")):
        with pytest.raises(FileNotFoundError, match=says):
            case_files([missing])


def test_results_come_in_the_order_of_the_files_whoever_is_first() -> None:
    waits = {"a": 0.2, "b": 0.0, "c": 0.1}

    def run(path: Path, _ended: threading.Event) -> CaseResult:
        time.sleep(waits[path.name])
        return result(path.name)

    found = [one.file for one in run_suite([Path(one) for one in "abc"], run, jobs=3)]
    assert found == ["a", "b", "c"]


def test_nothing_is_begun_after_the_first_failure_and_what_runs_is_ended() -> None:
    begun: list[str] = []

    def run(path: Path, ended: threading.Event) -> CaseResult:
        begun.append(path.name)
        if path.name == "long":
            assert ended.wait(60)
            return result("long", Outcome.FAILED)
        return result(path.name, Outcome.FAILED if path.name == "b" else Outcome.PASSED)

    files = [Path(one) for one in ("a", "b", "long", "d", "e")]
    found = [one.file for one in run_suite(files, run, jobs=2, fail_fast=True)]
    assert found == ["a", "b"]
    assert "e" not in begun


def test_how_it_ends() -> None:
    fine, failed, odd = result("a"), result("b", Outcome.FAILED), result("c", Outcome.ERROR)
    assert [exit_code(one) for one in ([], [fine], [fine, failed], [fine, failed, odd])] == [0, 0, 1, 2]


def test_junit_as_ci_reads_it() -> None:
    results = [
        result("a"),
        result("b", Outcome.FAILED, "The answer is <wrong> & \x00odd\x1b[31m", diff="-old\n+new"),
        result("c", Outcome.ERROR, "It has holes"),
    ]
    suite = ElementTree.fromstring(junit(results)).find("testsuite")
    assert suite is not None
    assert {name: suite.attrib[name] for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    cases = suite.findall("testcase")
    assert [(one.get("classname"), one.get("name")) for one in cases] == [
        ("support", "case a"),
        ("support", "case b"),
        ("support", "case c"),
    ]
    failure, error = cases[1].find("failure"), cases[2].find("error")
    assert failure is not None and error is not None
    assert failure.get("message") == "The answer is <wrong> & odd[31m"
    assert (failure.text or "").endswith("First divergence at step 2:\n-old\n+new")
    assert error.get("message") == "It has holes"
    assert cases[0].findtext("system-out") == "seen"


def test_what_a_case_takes_over_its_agent() -> None:
    assert Timing(whole=120, agent=100, calls=5).overhead == 25
    assert Timing(whole=90, agent=100, calls=0).overhead == 0
