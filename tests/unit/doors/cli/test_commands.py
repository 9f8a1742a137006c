"""Commands as a person types them: the real command line against a real server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.project import KeyScope
from roadworthy.domain.run import RunStatus
from roadworthy.domain.score import Score
from roadworthy.doors.cli.main import app
from roadworthy.doors.rest.settings import RestSettings
from roadworthy.features.judge.issues import IssueKey
from tests.unit.doors.rest.desk import a_run, open_desk, trace_id
from tests.unit.doors.rest.listening import Listening, listening
from tests.unit.judge.model_server import chat, serving, verdict

HELP = Path(__file__).parent / "help"
COMMANDS = [
    *("", "up", "serve", "runs", "run", "tail", "search", "import", "export", "doctor", "mcp"),
    *("outcome", "scores", "issues", "judge", "compare", "record"),
    *("keys", "keys create", "keys list", "keys revoke", "people", "people add", "people list"),
    "people remove",
    *("agents", "agents list", "agents show", "agents set", "agents import", "agents export"),
    *("teams", "teams list", "teams set", "teams people", "teams person"),
    *("oncall", "oncall now", "oncall agent", "oncall shifts", "oncall calendar", "oncall override"),
    *("oncall rotation", "oncall policy"),
    *("incidents", "incidents list", "incidents show", "incidents open", "incidents ack"),
    *("incidents mitigate", "incidents resolve", "incidents reopen", "incidents note"),
    *("incidents postmortem", "incidents test-page", "incidents figures"),
    *("channels", "channels list", "channels add", "channels test", "channels remove", "channels log"),
    *("connect", "connect list", "connect apply", "connect export", "connect show", "connect secret"),
    *("connect remove", "connect test", "connect tools", "connect call", "connect profile"),
    *("connect dictionary", "connect loads"),
    *("silences", "silences list", "silences add", "silences end"),
    *("monitors", "monitors list", "monitors show", "monitors add", "monitors pause"),
    *("monitors rebaseline", "monitors remove", "alarms", "backtest"),
    *("objectives", "objectives list", "objectives show", "objectives add", "objectives remove"),
    *("objectives export", "objectives import", "inputs", "inputs list", "inputs show", "inputs relearn"),
    *("contracts", "contracts list", "contracts show", "contracts diff", "contracts pin"),
    *("contracts accept", "contracts set", "grants", "grants list", "grants add", "grants remove"),
    *("drill", "drills", "drills list", "drills report", "drills cancel", "drills faults"),
    *("replay", "fork", "bisect", "runner", "inquiries", "inquiries list", "inquiries show"),
    *("inquiries cancel", "inquiries resume"),
    "rank",
    *("case", "case add", "case list", "case show", "case run", "case remove"),
    *("drills live", "drills live list", "drills live start", "drills live stop"),
    *("routes", "routes list", "routes show", "routes add", "routes test", "routes remove"),
    *("routes export", "routes import", "routes keys", "routes keys create", "routes keys list"),
    *("routes keys rotate", "routes keys revoke", "routes providers", "routes providers list"),
    *("routes providers add", "routes providers key", "routes providers remove"),
    *("budget", "budget list", "budget set", "budget show", "budget remove"),
    *("budget limits", "budget limits list", "budget limits add", "budget limits remove"),
]


def roadworthy(
    *arguments: str, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ROADWORTHY_")}
    return subprocess.run(
        [sys.executable, "-m", "roadworthy.app.main", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env={**clean, "COLUMNS": "100", "NO_COLOR": "1", "TERMINAL_WIDTH": "100", **environment},
        check=False,
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as opened:
        yield opened


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Listening]:
    with listening(open_desk(tmp_path, RestSettings(version="test", login_required=True))) as opened:
        yield opened


@cache
def _command() -> Any:
    return typer.main.get_command(app)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_it_was(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """After a wanted change: ROADWORTHY_WRITE_SNAPSHOTS=1 pytest tests/unit/doors/cli"""
    # In this process: starting one for each of them would take minutes.
    asked = [*command.split(), "--help"]
    _command().main(asked, prog_name="roadworthy", standalone_mode=False, terminal_width=78)
    said = capsys.readouterr().out
    file = HELP / f"{command.replace(' ', '_') or 'roadworthy'}.txt"
    if os.environ.get("ROADWORTHY_WRITE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(said)
    assert said == file.read_text()


def test_a_process_says_the_same_help() -> None:
    done = roadworthy("drill", "--help")
    assert (done.returncode, done.stdout) == (0, (HELP / "drill.txt").read_text()), done.stderr


def test_help_loads_nothing_of_the_server() -> None:
    """What help loads is what makes it slow."""
    code = (
        "import sys\nsys.argv = ['roadworthy', '--help']\n"
        "from roadworthy.app.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'fastapi', 'starlette', 'sqlalchemy', 'chdb', 'pyarrow', 'numpy', 'grpc',"
        " 'rich', 'httpx', 'mcp', 'uvicorn', 'alembic', 'argon2', 'opentelemetry'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == "[]"


def test_runs_in_a_table_and_for_machines(server: Listening) -> None:
    server.desk.write_runs(
        a_run(1), a_run(2, agent="billing", status=RunStatus.ERROR, error="[red]timed out[/red]")
    )
    table = roadworthy("runs", "--server", server.url).stdout
    assert trace_id(1) in table
    assert "answer 1" in table
    assert "[red]timed out[/red]" in table, "what an agent wrote is shown as it is"
    done = roadworthy("runs", "--json", "-f", "agent:=:billing", ROADWORTHY_SERVER=server.url)
    lines = done.stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [trace_id(2)]


def test_more_runs_than_a_page(server: Listening) -> None:
    server.desk.write_runs(*(a_run(n) for n in range(1, 1300)))
    done = roadworthy("runs", "--json", "-n", "1200", "--server", server.url)
    ids = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert ids == [trace_id(n) for n in range(1299, 99, -1)]


def test_one_run(server: Listening) -> None:
    server.desk.write(1)
    shown = roadworthy("run", trace_id(1), "--server", server.url).stdout
    assert "question 1" in shown
    assert "answer 1" in shown
    assert shown.index("chat gpt-5") < shown.index("find_order")
    said = json.loads(roadworthy("run", trace_id(1), "--json", "--server", server.url).stdout)
    assert len(said["spans"]) == 2
    assert said["exchanges"] == []
    missing = roadworthy("run", "abc", "--server", server.url)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "There is no run 'abc'" in missing.stderr


def test_search(server: Listening) -> None:
    server.desk.write(1)
    assert "zanzibar" in roadworthy("search", "zanzibar shipped", "--server", server.url).stdout
    assert "Nothing found" in roadworthy("search", "nowhere", "--server", server.url).stdout


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_out_to_files_and_into_another_project(server: Listening, tmp_path: Path, ending: str) -> None:
    server.desk.add_project("copy")
    server.desk.write(1, 2)
    score = Score(project="default", trace_id=trace_id(1), name="helpful", value=0.5, at_ns=1)
    server.desk.store.write(TelemetryBatch(token="scores", scores=[score]))
    at = ("--server", server.url)
    said = []
    for what in ("runs", "spans", "scores"):
        file = str(tmp_path / f"{what}.{ending}")
        assert roadworthy("export", file, "--what", what, *at).returncode == 0
        said.append(roadworthy("import", file, "--project", "copy", *at).stdout)
    assert said == [
        "2 runs, 0 spans, 0 scores read in\n",
        "0 runs, 4 spans, 0 scores read in\n",
        "0 runs, 0 spans, 1 scores read in\n",
    ]
    assert server.desk.store.scores("copy", trace_id(1)) == [replace(score, project="copy")]


def test_a_file_that_is_not_there_is_said_to_be_that(tmp_path: Path) -> None:
    done = roadworthy("import", str(tmp_path / "none"))
    assert (done.returncode, "there is no such file" in done.stderr) == (1, True)


def test_tail_says_runs_as_they_end(server: Listening) -> None:
    command = [sys.executable, "-m", "roadworthy.app.main", "tail", "--json", "--server", server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            while server.desk.events.listeners == 0:
                assert process.poll() is None
            server.desk.write_runs(a_run(1, status=RunStatus.RUNNING), a_run(2))
            server.desk.events.publish_runs("default", [trace_id(1), trace_id(2)])
            assert json.loads(process.stdout.readline())["id"] == trace_id(2)
            server.desk.write_runs(a_run(1, version=9))
            server.desk.events.publish_runs("default", [trace_id(2), trace_id(1)])
            assert json.loads(process.stdout.readline())["id"] == trace_id(1)
        finally:
            process.terminate()


def test_a_server_that_is_not_there(free_port: int) -> None:
    done = roadworthy("runs", "--server", f"http://127.0.0.1:{free_port}")
    assert done.returncode == 1
    assert "roadworthy up" in done.stderr
    assert "Traceback" not in done.stderr
    assert "is no address" in roadworthy("runs", "--server", "localhost").stderr


def test_a_bad_filter_is_told_in_words(server: Listening) -> None:
    done = roadworthy("runs", "-f", "nonsense:=:1", "--server", server.url)
    assert done.returncode == 1
    assert "no field 'nonsense'" in done.stderr


def test_a_key_opens_a_guarded_server(guarded: Listening) -> None:
    guarded.desk.add_project("shop")
    guarded.desk.write(1, project="shop")
    refused = roadworthy("runs", "--server", guarded.url)
    assert "--key or ROADWORTHY_API_KEY" in refused.stderr
    key = guarded.desk.add_key("shop", KeyScope.READ)["authorization"].removeprefix("Bearer ")
    done = roadworthy("runs", "--json", ROADWORTHY_SERVER=guarded.url, ROADWORTHY_API_KEY=key)
    assert json.loads(done.stdout)["id"] == trace_id(1)


def test_keys_through_the_server(server: Listening) -> None:
    made = roadworthy("keys", "create", "--name", "ci", "--scope", "read", "--server", server.url)
    assert made.stdout.startswith("rw_"), made.stderr
    assert len(made.stdout.splitlines()) == 1, "the key alone, to be put into a variable"
    key_id = made.stdout.split("_")[1]
    assert f"{key_id}  live  read  ci" in roadworthy("keys", "list", "--server", server.url).stdout
    assert roadworthy("keys", "revoke", key_id, "--server", server.url).returncode == 0
    assert "revoked" in roadworthy("keys", "list", "--server", server.url).stdout


def test_keys_and_people_before_the_first_start(tmp_path: Path) -> None:
    data = str(tmp_path / "new" / "data")
    made = roadworthy("keys", "create", "--name", "first", "--data", data, "--json")
    key = json.loads(made.stdout)
    assert key["secret"].startswith(f"rw_{key['id']}_")
    assert f"{key['id']}  live  ingest  first" in roadworthy("keys", "list", "--data", data).stdout
    assert roadworthy("keys", "revoke", key["id"], "--data", data).returncode == 0
    assert roadworthy("keys", "revoke", key["id"], "--data", data).returncode == 1

    assert "at least 10" in roadworthy("people", "add", "ada", "--data", data, stdin="short\n").stderr
    assert roadworthy("people", "add", "ada", "--data", data, stdin="long enough it is\n").returncode == 0
    assert roadworthy("people", "list", "--data", data).stdout == "ada\n"
    assert roadworthy("people", "remove", "ada", "--data", data).returncode == 0
    assert roadworthy("people", "list", "--data", data).stdout == ""


def test_a_role_that_cannot_run_apart(tmp_path: Path) -> None:
    done = roadworthy("serve", "--role", "worker", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "--role all" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["up", "--port", "99999"], {}, "port"),
        (["up"], {"ROADWORTHY_PORT": "many"}, "port"),
        (["up", "--log-level", "loud"], {}, "log-level"),
    ],
)
def test_a_setting_that_cannot_be(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], says: str
) -> None:
    done = roadworthy(*arguments, "--data", str(tmp_path / "d"), **environment)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_outcome_is_said_and_shown(server: Listening) -> None:
    server.desk.write(1)
    run, where = trace_id(1), {"ROADWORTHY_SERVER": server.url}

    assert "not judged yet" in roadworthy("scores", run, **where).stdout
    said = roadworthy("outcome", run, "failure", "--reason", "wrong total", **where)
    assert said.stdout == f"{run}: api says failure\n", said.stderr
    done = roadworthy("outcome", run, "success", "--source", "reviewer", "--author", "ada", **where)
    assert done.returncode == 0, done.stderr
    kept = roadworthy("outcome", run, "failure", "--source", "judge", **where)
    assert "the run counts as success: reviewer counts first" in kept.stdout

    named = roadworthy("outcome", run, "failure", "--source", "business", "--mode", "ungrounded", **where)
    assert named.returncode == 0, named.stderr

    shown = roadworthy("scores", run, **where).stdout
    assert "mode\tungrounded Made something up\tbusiness (local)" in shown
    assert "outcome success, says reviewer" in shown
    assert "reviewer (ada)\tsuccess" in shown
    assert "api (local)\tfailure: wrong total" in shown
    rows = [json.loads(line) for line in roadworthy("scores", run, "--json", **where).stdout.splitlines()]
    assert {row["source"] for row in rows} == {"api", "reviewer", "judge", "business"}


def test_words_of_strangers_stay_on_their_line_and_drive_no_terminal(server: Listening) -> None:
    server.desk.write(1)
    where = {"ROADWORTHY_SERVER": server.url}
    odd = ("--reason", "wrong\x1b[2J\ntotal", "--author", "eve\x1b]0;x\x07")
    assert roadworthy("outcome", trace_id(1), "failure", *odd, **where).returncode == 0
    shown = roadworthy("scores", trace_id(1), **where).stdout
    assert "api (eve\ufffd]0;x\ufffd)\tfailure: wrong\ufffd[2J total\n" in shown
    assert "outcome failure, says api (wrong\ufffd[2J total)\n" in shown


def test_an_outcome_of_no_run_fails_and_says_so(server: Listening) -> None:
    done = roadworthy("outcome", trace_id(9), "success", ROADWORTHY_SERVER=server.url)
    assert done.returncode == 1
    assert "no run" in done.stderr


def test_no_issues_are_said_to_be_none(server: Listening) -> None:
    done = roadworthy("issues", ROADWORTHY_SERVER=server.url)
    assert (done.returncode, done.stdout) == (0, "No issues.\n")


def test_an_issue_is_shown_whole_and_changed(server: Listening) -> None:
    now = time.time_ns()
    run = replace(a_run(1), sort_ns=now, started_ns=now)
    key = IssueKey(agent="support", detector="loop", mode="mast-1.3")
    run.issues = server.desk.judge.issues.note(run, [key])
    server.desk.write_runs(run)
    where = {"ROADWORTHY_SERVER": server.url}

    listed = roadworthy("issues", "--mode", "mast-1.3", **where).stdout
    assert listed.startswith(f"{key.id}\topen\t1 runs\tsupport\t")
    resolve = ("--set", "resolved", "--release", "2", "--assign", "ann", "-m", "tool mended")
    shown = roadworthy("issues", key.id, *resolve, **where)

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"{key.id}\tresolved")
    assert "ann has it" in shown.stdout
    assert "resolved in release 2 by local: tool mended" in shown.stdout
    assert f"roadworthy run {run.id}" in shown.stdout
    assert "give its ID" in roadworthy("issues", "--set", "muted", **where).stderr.replace("Give", "give")
    assert roadworthy("issues", key.id, "-m", "why", **where).returncode == 2
    muted = roadworthy("issues", key.id, "--set", "muted", "--until", "+7d", **where)
    assert muted.stdout.startswith(f"{key.id}\tmuted"), muted.stderr


def test_judging_again_says_what_it_will_do_before_it_does(server: Listening) -> None:
    server.desk.write(1, 2, 3)
    where = {"ROADWORTHY_SERVER": server.url}

    assert "which runs?" in roadworthy("judge", **where).stderr
    assert roadworthy("judge", "--since", "2025-11-01", "--dry-run", **where).stdout == (
        "3 runs, at no cost (nothing was started)\n"
    )
    assert roadworthy("judge", trace_id(1), trace_id(3), "--dry-run", **where).stdout.startswith("2 runs")
    gone = roadworthy("judge", trace_id(1), trace_id(9), "--dry-run", **where)
    assert (gone.stdout[:7], gone.stderr) == ("1 runs,", "1 of the runs named are not there\n")
    unknown = roadworthy("judge", trace_id(1), "--with", "tone", **where)
    assert (unknown.returncode, "no evaluator or judge 'tone'" in unknown.stderr) == (2, True)


def test_what_a_judge_without_a_price_costs_is_not_said_to_be_nothing(server: Listening) -> None:
    server.desk.write(1)
    client = server.desk.client
    own = {"name": "own", "base_url": "https://models.example/v1", "model": "unlisted"}
    endpoint = client.post("/api/v1/model-endpoints", json=own).json()["id"]
    client.post("/api/v1/judges", json={"name": "polite", "endpoint": endpoint, "rubric": "tone"})
    asked = ("judge", trace_id(1), "--with", "polite", "--dry-run")
    said = roadworthy(*asked, ROADWORTHY_SERVER=server.url).stdout
    assert said == (
        "1 runs, what polite would cost is not known (its model has no price) (nothing was started)\n"
    )


def test_judging_again_follows_its_job_to_the_end(server: Listening) -> None:
    server.desk.write(1, 2)
    server.desk.jobs.start()

    done = roadworthy("judge", "--filter", "agent:=:support", ROADWORTHY_SERVER=server.url)

    assert done.returncode == 0, done.stderr
    assert "2 runs, at no cost; job " in done.stdout
    assert done.stdout.endswith("done: 2 of 2 runs\n")


def test_two_runs_are_compared_and_what_the_judge_said_is_read(server: Listening) -> None:
    server.desk.write(1, 2)
    where = {"ROADWORTHY_SERVER": server.url}
    pair = (trace_id(1), trace_id(2))
    none = roadworthy("compare", *pair, **where)
    assert (none.returncode, "none yet" in none.stderr) == (2, True)
    with serving(chat(verdict("first", "it is nicer"))) as script:
        endpoint = server.desk.client.post(
            "/api/v1/model-endpoints",
            json={"name": "e", "base_url": script.openai, "model": "m", "allow_private": True},
        ).json()["id"]
        judge = {"name": "better", "endpoint": endpoint, "rubric": "pairwise"}
        assert server.desk.client.post("/api/v1/judges", json=judge).status_code == 201
        assert "both orders: at most $" in roadworthy("compare", *pair, "--dry-run", **where).stdout
        told = roadworthy("compare", *pair, "--with", "better", **where).stdout.splitlines()
    assert told == [
        "neither did better",
        "each order had another winner: the judge likes a place, not an answer",
        f"{pair[0]} shown first: first: it is nicer",
        f"{pair[1]} shown first: first: it is nicer",
    ]
    stranger = roadworthy("compare", *pair, "--with", "tone", **where)
    assert (stranger.returncode, "there are: better" in stranger.stderr) == (2, True)


def test_a_job_that_was_stopped_is_taken_up(server: Listening) -> None:
    server.desk.write(1, 2)
    where = {"ROADWORTHY_SERVER": server.url}
    job = json.loads(roadworthy("judge", "--since", "2025-11-01", "--no-wait", "--json", **where).stdout)[
        "job"
    ]
    server.desk.client.post(f"/api/v1/jobs/{job['id']}/cancel")
    server.desk.jobs.start()
    try:
        resumed = roadworthy("judge", "--resume", job["id"], **where)
        assert resumed.stdout.startswith(f"job {job['id']} goes on at 0 runs"), resumed.stderr
        assert "done: 2 of 2 runs" in resumed.stdout
    finally:
        server.desk.jobs.stop()
    assert roadworthy("judge", "--resume", "nobody", **where).returncode == 1
