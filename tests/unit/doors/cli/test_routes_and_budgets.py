"""routes and budget at the command line, against a listening server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.cli.test_commands import roadworthy
from tests.unit.doors.rest.desk import open_desk
from tests.unit.doors.rest.listening import Listening, listening


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as opened:
        yield opened


def _told(server: Listening, *arguments: str, stdin: str | None = None) -> str:
    done = roadworthy(*arguments, "--server", server.url, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_from_a_provider_to_a_key(server: Listening, tmp_path: Path) -> None:
    added = _told(
        server, "routes", "providers", "add", "openai", "--preset", "openai", "--with-key", stdin="sk-1\n"
    )
    assert added == "openai\thttps://api.openai.com/v1\tkey\tno routes\n"
    route = _told(
        server,
        *("routes", "add", "planner", "--to", "openai/gpt-5", "--models", "gpt-*"),
        *("--set", "temperature=0", "--total", "0"),
    )
    assert route.split("\t")[1:4] == ["planner", "every agent", "openai/gpt-5"]
    shown = json.loads(_told(server, "routes", "show", "planner"))
    assert shown["targets"][0]["parameters"] == {"temperature": 0}
    assert shown["waits"]["total_s"] is None

    file = tmp_path / "routes.yaml"
    file.write_text(
        _told(server, "routes", "export") + "---\nkind: route\nname: judge\ntargets:\n- route: planner\n"
    )
    assert "new\troute\tjudge" in _told(server, "routes", "import", str(file), "--apply")
    assert "judge" in _told(server, "routes", "list")

    made = roadworthy("routes", "keys", "create", "--agent", "support", "--server", server.url)
    assert made.stdout.startswith("rw_")
    assert "OPENAI_BASE_URL=http://127.0.0.1:8421/v1" in made.stderr
    key_id = json.loads(_told(server, "routes", "keys", "list", "--json"))["id"]
    assert _told(server, "routes", "keys", "rotate", key_id).startswith("rw_")
    assert "revoked" in _told(server, "routes", "keys", "revoke", key_id)

    refused = roadworthy("routes", "add", "x", "--to", "nobody/m", "--server", server.url)
    assert refused.returncode == 1
    assert "body.targets[0].provider: expected the name of a provider (openai)" in refused.stderr


def test_budgets_and_limits(server: Listening) -> None:
    told = _told(server, "budget", "set", "daily", "--for", "agent:support", "--usd", "20")
    assert told.split("\t")[1:3] == ["daily", "agent support"]
    again = _told(server, "budget", "set", "daily", "--for", "agent:support", "--usd", "30", "--warn-only")
    assert "0.00 of 30.00 USD" in again and "warns only" in again
    assert len(_told(server, "budget", "list").splitlines()) == 1
    limit = _told(server, "budget", "limits", "add", "--for", "agent", "--calls", "60").strip()
    assert _told(server, "budget", "limits", "list") == f"{limit}\tagent each\t60 calls a minute\n"
    _told(server, "budget", "limits", "remove", limit)
    _told(server, "budget", "remove", "daily")
    assert "No budgets" in _told(server, "budget", "list")
