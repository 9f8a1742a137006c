"""objectives and inputs at the command line, against a listening server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.domain.run import Outcome
from roadworthy.doors.rest.settings import RestSettings
from roadworthy.features.watch.inputs.service import Window
from roadworthy.features.watch.inputs.watcher import Input
from tests.unit.doors.cli.test_commands import roadworthy
from tests.unit.doors.rest.desk import SECOND, START, Desk, a_run, open_desk
from tests.unit.doors.rest.listening import Listening, listening


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(tmp_path, RestSettings(version="test"))


@pytest.fixture
def server(desk: Desk) -> Iterator[Listening]:
    with listening(desk) as opened:
        yield opened


def _told(server: Listening, *arguments: str) -> str:
    done = roadworthy(*arguments, "--server", server.url)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_from_nothing_to_a_burning_objective_and_back(server: Listening, desk: Desk, tmp_path: Path) -> None:
    begin = (time.time_ns() - START) // SECOND - 120
    desk.write_runs(
        *(a_run(begin + n, outcome=Outcome.FAILURE if n % 2 else Outcome.SUCCESS) for n in range(40))
    )
    assert "roadworthy objectives add" in _told(server, "objectives", "list")
    assert _told(server, "objectives", "list", "--burning") == "No objective burns.\n"

    tried = _told(server, "objectives", "add", "--agent", "support", "--target", "0.9", "--dry-run")
    assert "50.00% of 90.00% (n 40)" in tried
    made = json.loads(_told(server, "objectives", "add", "--agent", "support", "--target", "0.9", "--json"))
    desk.objectives.service.watch("default", now_s=time.time())

    listed = _told(server, "objectives", "list", "--burning")
    assert "budget left -400%" in listed
    assert "burns: warning" in listed
    shown = _told(server, "objectives", "show", made["id"])
    assert "alarm\twarning" in shown
    assert "burn\tfast\t1h 5.00\t5m 5.00\talarms at 8.0" in shown

    text = _told(server, "objectives", "export")
    file = tmp_path / "slo.yaml"
    file.write_text(text)
    assert _told(server, "objectives", "import", str(file)).startswith("Nothing changes")
    file.write_text(text.replace("target: 0.9\n", "target: 0.8\n"))
    assert _told(server, "objectives", "import", str(file), "--dry-run").startswith(f"changed\t{made['id']}")
    assert "of 90.00%" in _told(server, "objectives", "list")
    _told(server, "objectives", "import", str(file))
    assert "of 80.00%" in _told(server, "objectives", "list")

    _told(server, "objectives", "remove", made["id"])
    assert "No objectives" in _told(server, "objectives", "list")


def test_what_a_model_judged_says_how_far_it_is_corrected(server: Listening, desk: Desk) -> None:
    begin = (time.time_ns() - START) // SECOND - 120
    desk.write_runs(*(a_run(begin + n, p_failure=0.1) for n in range(60)))
    asked = ("objectives", "add", "--agent", "support", "--target", "0.9", "--indicator", "judged_success")
    assert "90.00% of 90.00% (n 60, uncorrected: 0 of 10 labels)" in _told(server, *asked, "--dry-run")

    for n in range(60, 100):
        outcome = Outcome.SUCCESS if n % 4 else Outcome.FAILURE
        desk.write_runs(a_run(begin + n, outcome=outcome, outcome_source="reviewer", p_failure=0.1))
    told = _told(server, *asked, "--release", "", "--dry-run", "--days", "7")
    assert "75.00% of 90.00% (n 100, corrected 75.00%, 61" in told
    assert "by 40 labels, by counts 84.00%)" in told


def test_a_file_that_cannot_be_taken_names_the_field(server: Listening, tmp_path: Path) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\nspec: {service: a}\n")

    done = roadworthy("objectives", "import", str(file), "--server", server.url)

    assert done.returncode == 1
    assert "SLO x: spec.indicator" in done.stderr
    assert roadworthy("objectives", "import", str(tmp_path / "none"), "--server", server.url).returncode == 2


def test_inputs_learning_and_unknown(server: Listening, desk: Desk) -> None:
    assert "No inputs yet" in _told(server, "inputs", "list")
    assert _told(server, "inputs", "list", "--drifting") == "No agent's inputs drift.\n"
    inputs = [("support", Input(run_id=str(n), at_ns=n, text=f"question {n}")) for n in range(30)]
    desk.objectives.inputs.take("default", Window(until_ns=30, runs=30, inputs=inputs), now_ns=30)

    assert _told(server, "inputs", "list") == "support\tlearning: 30 of 600 inputs\n"
    assert "learning: 30" in _told(server, "inputs", "show", "support")
    assert "learning: 0 of 600" in _told(server, "inputs", "relearn", "support")
    done = roadworthy("inputs", "show", "nobody", "--server", server.url)
    assert (done.returncode, "'nobody'" in done.stderr) == (1, True)
