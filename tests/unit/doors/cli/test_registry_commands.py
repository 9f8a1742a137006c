"""agents, teams, oncall: as a person types them, against a real server on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.cli.test_commands import roadworthy
from tests.unit.doors.rest.desk import a_run, open_desk
from tests.unit.doors.rest.listening import Listening, listening


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as opened:
        yield opened


def said(server: Listening, *arguments: str, code: int = 0, stdin: str | None = None) -> str:
    done = roadworthy(*arguments, stdin=stdin, ROADWORTHY_SERVER=server.url)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_from_an_agent_nobody_owns_to_somebody_who_is_told(server: Listening) -> None:
    now = time.time_ns()
    server.desk.write_runs(a_run(1, agent="support/eu", started_ns=now, sort_ns=now))
    assert "support/eu\tdiscovered\tnobody owns it\tno tier\tlacks registration" in said(
        server, "agents", "list"
    )
    assert "nobody registered the agent 'support/eu'" in said(server, "oncall", "agent", "support/eu", code=1)

    said(server, "teams", "person", "ann", "--email", "ann@example.org")
    said(server, "teams", "person", "bob", "--email", "bob@example.org", "--channel", "chat-bob")
    assert "is on call now" in said(
        server,
        "oncall",
        "rotation",
        "primary",
        "ann",
        "bob",
        "--zone",
        "Europe/Berlin",
        "--starts-on",
        "2026-01-05",
    )
    said(server, "teams", "set", "payments", "--member", "ann", "--member", "bob", "--schedule", "primary")
    said(
        server,
        "oncall",
        "policy",
        "usual",
        "--level",
        "schedule",
        "--level",
        "person,team",
        "--timeout",
        "5m",
        "--default",
    )
    assert said(server, "agents", "set", "support/eu", "--team", "payments", "--tier", "1").startswith(
        "support/eu: team payments, tier 1"
    )

    told = said(server, "oncall", "agent", "support/eu", "--at", "2026-01-13T12:00:00Z")
    assert "level 1\tbob\tchat-bob, bob@example.org\ton call in 'primary' until Monday 2026-01-19" in told
    assert "after 5 min" in told and "gap\tthe agent 'support/eu' has no owner" in told
    shown = said(server, "agents", "show", "support/eu")
    assert "policy\tusual" in shown and "added\t" in shown

    # Bob leaves: whoever is next takes over, and it is said where he is still named.
    left = said(server, "teams", "person", "bob", "--left", "2026-01-14T00:00:00Z")
    assert "still named by schedule 'primary' (layer 'rotation')" in left
    lines = said(
        server, "oncall", "shifts", "primary", "--from", "2026-01-12T08:00:00Z", "--to", "2026-01-20"
    )
    assert "Mon 2026-01-12 09:00 CET\tWed 2026-01-14 01:00 CET\tbob\trotation" in lines
    assert "ann\trotation in place of bob" in lines and "warning: bob left on 2026-01-14" in lines


def test_gaps_fail_a_check_and_an_override_fills_one(server: Listening) -> None:
    said(server, "teams", "person", "ann", "--email", "ann@example.org")
    said(server, "oncall", "rotation", "late", "ann", "--starts-on", "2026-01-05")
    span = ("--from", "2026-01-05T00:00:00Z", "--to", "2026-01-06T00:00:00Z")
    assert "NOBODY" in said(server, "oncall", "shifts", "late", "--gaps", *span, code=1)
    said(server, "oncall", "override", "late", "ann", "2026-01-05T00:00:00Z", "2026-01-05T09:00:00Z")
    assert said(server, "oncall", "shifts", "late", "--gaps", *span) == ""
    assert "BEGIN:VEVENT" in said(server, "oncall", "calendar", "late", *span)
    assert "late\tann\tuntil" in said(server, "oncall", "now")


def test_a_file_is_shown_then_taken_and_comes_out_again(server: Listening, tmp_path: Path) -> None:
    table = tmp_path / "agents.csv"
    table.write_text("agent,team,owner,owner_email,tier\na,payments,ann,ann@example.org,1\n")
    shown = said(server, "agents", "import", str(table))
    assert "added agent a\tline 2" in shown and "do it with --apply" in shown
    assert "No agents" in said(server, "agents", "list")
    assert "3 changes, 0 unchanged, 0 faults: done" in said(server, "agents", "import", str(table), "--apply")
    assert "0 changes" in said(server, "agents", "import", str(table), "--apply")
    out = tmp_path / "out.csv"
    said(server, "agents", "export", str(out))
    assert "0 changes, 1 unchanged" in said(server, "agents", "import", str(out))

    owners = tmp_path / "CODEOWNERS"
    owners.write_text("agents/a/ @acme/ops\n")
    shown = said(server, "agents", "import", str(owners), "--template", "agents/{agent}/")
    assert "team: payments → ops" in shown
    broken = said(
        server, "agents", "import", "-", "--format", "csv", "--apply", code=1, stdin="agent,tier\nb,9\n"
    )
    assert "fault: line 2: tier: expected one of 1, 2, 3, 4" in broken and "nothing was taken" in broken
    assert "cannot tell the format" in said(server, "agents", "import", str(tmp_path / "x.txt"), code=2)


def test_people_and_teams_are_listed_for_machines_too(server: Listening) -> None:
    said(server, "teams", "person", "ann", "--title", "Ann Lee")
    said(server, "teams", "set", "ops", "--member", "ann")
    assert "ann\tnot reachable\tthere\tteam 'ops' (member)" in said(server, "teams", "people")
    assert json.loads(said(server, "teams", "list", "--json"))["members"] == ["ann"]
    assert "body.members.0" in said(server, "teams", "set", "ops", "--member", "nobody", code=1)
