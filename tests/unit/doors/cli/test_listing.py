"""List commands: an item a line, for people or for machines, and a word where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from roadworthy.doors.cli.listing import one_line, printable, say_items
from roadworthy.doors.cli.main import app
from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.cli.inquiry_server import Inquiries, inquiry_server
from tests.unit.doors.rest.desk import open_desk
from tests.unit.doors.rest.listening import listening


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="roadworthy")


def test_what_agents_wrote_cannot_drive_a_terminal() -> None:
    hostile = "a\x1b]0;title\x07b\x1b[2J\x00\x9b31m\n\tc"
    assert one_line(hostile) == "a\ufffd]0;title\ufffdb\ufffd[2J\ufffd\ufffd31m c"
    assert one_line("न\u200dमस्ते, 👩\u200d🔧 naïve\u00a0") == "न\u200dमस्ते, 👩\u200d🔧 naïve"
    assert (one_line(None), one_line("abcdef", width=4)) == ("", "abc…")


def test_an_item_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    items = [{"id": "a", "said": "grün"}, {"id": "b", "said": ""}]
    say_items(items, as_json=False, line=lambda one: (one["id"], one["said"]), none="Nothing yet.")
    assert capsys.readouterr().out == "a\tgrün\nb\t\n"
    say_items(items, as_json=True, line=lambda _: (), none="Nothing yet.")
    assert [json.loads(one) for one in capsys.readouterr().out.splitlines()] == items
    say_items([], as_json=False, line=lambda _: (), none="Nothing yet.")
    assert capsys.readouterr().out == "Nothing yet.\n"
    say_items([], as_json=True, line=lambda _: (), none="Nothing yet.")
    assert capsys.readouterr().out == ""


def test_where_there_is_nothing_it_is_said_what_makes_one(tmp_path: Path) -> None:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as server:
        at = ("--server", server.url)
        assert typed("case", "list", *at).stdout == "No cases yet: roadworthy case add RUN\n"
        assert typed("inquiries", "list", *at).stdout.startswith("None yet: roadworthy replay RUN")
        assert typed("drills", "list", *at).stdout.startswith("No drills yet: roadworthy drill AGENT")
        assert typed("drills", "live", "list", *at).stdout == "No faults in live traffic.\n"
        faults = typed("drills", "faults", *at).stdout.splitlines()
        assert all(len(one.split("\t")) == 4 for one in faults) and faults[0].split("\t")[0] == "timeout"
        assert typed("drills", "list", "--json", *at).stdout == ""


def test_an_inquiry_is_listed_with_how_far_it_is_and_what_it_found() -> None:
    finding = {"outcome": "identical", "sentences": ["The same calls.", "More."]}
    with inquiry_server(Inquiries(started=True, reruns=2, finding=finding)) as server:
        (line,) = typed("inquiries", "list", "--server", server.url).stdout.splitlines()
    assert line.split("\t") == [
        *("i1", "2026-11-23T03:00", "replay", "support", "ab" * 16, "running", "0 of 2 reruns"),
        "The same calls.",
    ]


def test_what_has_lines_keeps_them_and_moves_no_cursor() -> None:
    assert printable("a\tb\r\nc\x1b[2J\rd\x9b1m") == "a\tb\r\nc\ufffd[2J\ufffdd\ufffd1m"
