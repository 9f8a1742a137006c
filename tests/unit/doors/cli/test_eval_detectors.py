"""eval-detectors on a small file of the form of the open data, written here."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from roadworthy.doors.cli.main import app

RUNS = 24


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    with gzip.open(folder / "ag2_mathchat.jsonl.gz", "wt") as out:
        for number in range(RUNS):
            correct = number % 4 != 0
            talk = "The answer is 4." if correct else "However, maybe I assume 5. Wait, that is wrong."
            steps = [
                {"name": "user", "content": f"What is {number} plus {number}?"},
                {"name": "solver", "content": talk},
                {"name": "verifier", "content": f"{talk} \\boxed{{{number}}}"},
            ]
            line = {
                "run_id": f"r{number}",
                "task_id": f"task-{number // 2}",
                "correct": correct,
                "steps": steps,
            }
            out.write(json.dumps(line) + "\n")
    return tmp_path


def test_figures_of_both_halves_with_floors(data: Path) -> None:
    result = CliRunner().invoke(app, ["eval-detectors", "--data", str(data), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)

    [one] = report["datasets"]
    assert one["dataset"] == "ag2_mathchat"
    assert sum(half["n"] for half in one["halves"]) == RUNS
    held = next(half for half in one["halves"] if half["half"] == "held-out")
    assert {"any tool error", "loop", "length of the run", "words (TF-IDF)"} == set(held["floors"])
    assert held["p_failure"]["auc"] is not None
    assert "taubench_gpt4o_airline" in report["missing"]
    assert report["model"].startswith("prior-")
    # No text of a run leaves: ids and figures only.
    assert "plus" not in result.stdout


def test_read_by_people_and_one_detector_only(data: Path) -> None:
    result = CliRunner().invoke(app, ["eval-detectors", "--data", str(data / "traces"), "--detector", "loop"])
    assert result.exit_code == 0, result.output
    assert "held-out half: " in result.stdout
    assert "agentrx_tau_retail: not in" in result.stdout
    assert "precision at 50 % recall" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--detector", "nonsense"], "no such detector"),
        (["--dataset", "nonsense"], "no such dataset"),
    ],
)
def test_what_is_not_there_is_named(data: Path, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["eval-detectors", "--data", str(data), *arguments])
    assert result.exit_code == 2
    assert said in result.output


def test_a_folder_without_traces(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["eval-detectors", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "none of the trace files" in result.output
