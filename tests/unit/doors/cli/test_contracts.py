"""contracts and grants at the command line, against a listening server."""

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


def _told(server: Listening, *arguments: str) -> str:
    done = roadworthy(*arguments, "--server", server.url)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_contract_from_a_file_to_its_terms(server: Listening, tmp_path: Path) -> None:
    assert "No tools seen yet" in _told(server, "contracts", "list")
    schema = tmp_path / "result.json"
    schema.write_text(json.dumps({"type": "object", "required": ["id"]}))

    pinned = _told(server, "contracts", "pin", "crm.find", "--result", str(schema), "--enforce")
    assert pinned == "crm.find\tpinned\tenforce\tversion 1\t\n"
    _told(server, "contracts", "set", "crm.find", "-t", "latency_ms=500", "-t", "idempotent=true")
    kept = json.loads(
        _told(server, "contracts", "set", "crm.find", "--mode", "observe", "-t", "max_age_s=60", "--json")
    )
    assert (kept["terms"]["latency_ms"], kept["terms"]["max_age_s"], kept["mode"]) == (500, 60, "observe")
    shown = _told(server, "contracts", "show", "crm.find")
    assert "term\tlatency_ms\t500" in shown
    assert 'result\tpinned\t{"type": "object", "required": ["id"]}' in shown
    assert _told(server, "contracts", "diff", "crm.find") == "As it was pinned.\n"
    assert _told(server, "contracts", "diff", "crm.find", "--history").startswith("1\t")
    for wrong in (
        ("show", "crm"),
        ("set", "crm.find", "-t", "speed=1"),
        ("set", "crm.find", "-t", "max_bytes=x"),
    ):
        refused = roadworthy("contracts", *wrong, "--server", server.url)
        assert refused.returncode == 2
        assert "expected" in refused.stderr


def test_grants_come_and_go(server: Listening) -> None:
    assert "agents see no tools" in _told(server, "grants", "list")
    made = _told(server, "grants", "add", "support", "crm.*").strip()
    assert _told(server, "grants", "list") == f"{made}\tsupport\tevery release\tcrm.*\n"
    _told(server, "grants", "remove", made)
    assert "agents see no tools" in _told(server, "grants", "list")
