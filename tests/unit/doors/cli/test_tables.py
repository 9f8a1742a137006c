"""What `runs`, `run`, `search` print: to a terminal what fits it, to a pipe all of it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.run import RunStatus
from roadworthy.doors.cli.runs_table import piped_lines, terminal_lines
from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.rest.desk import a_run, open_desk, trace_id
from tests.unit.doors.rest.listening import Listening, listening

ANSWER = "The order A-17 was shipped yesterday. " * 40
LAST = "And that is all."
LONG_ID = f"{trace_id(2)}-{'b' * 16}"


def said(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": trace_id(1),
        "agent": "customer support triage agent",
        "status": "ok",
        "outcome": "success",
        "started_at": "2026-11-22T12:00:00Z",
        "duration_ms": 3120.0,
        "model_calls": 4,
        "tool_calls": 7,
        "failed_tool_calls": 2,
        "input_tokens": 12_345,
        "output_tokens": 999,
        "cost_usd": 0.0123,
        "error": None,
        "final_answer": ANSWER,
    }
    return usual | changes


RUNS = [
    said(),
    said(id=LONG_ID, agent="東京の係", status="error", outcome="unknown", error="boom\n\tbang"),
    said(agent=None, duration_ms=None, input_tokens=None, output_tokens=None, final_answer=None),
]


@pytest.mark.parametrize("width", [*range(52, 240), 400, 3_000])
def test_no_line_is_wider_than_the_terminal_and_ids_are_whole(width: int) -> None:
    lines = terminal_lines(RUNS, width=width)
    assert max(line.cell_len for line in lines) <= width
    text = "\n".join(line.plain for line in lines)
    for run in RUNS:
        assert run["id"] in text
    assert "boom bang" in text or width < 70
    starts = {line.plain.index("✓ ok") for line in lines if "✓ ok" in line.plain}
    assert len(starts) == 1, "columns stand below one another"


def test_the_width_goes_to_the_answer() -> None:
    shown = [len(terminal_lines(RUNS[:1], width=width)[-1].plain) for width in (80, 120, 200, 300, 500)]
    assert shown == [80, 120, 200, 300, 500]
    # Wide enough for a day before today, which is shown with its date.
    assert "customer support triage agent" in terminal_lines(RUNS, width=140)[1].plain


def test_a_pipe_gets_whole_values_apart_by_tabs() -> None:
    head, *lines = [line.split("\t") for line in piped_lines(RUNS)]
    assert [len(line) for line in lines] == [len(head)] * 3
    first = dict(zip(head, lines[0], strict=True))
    assert (first["started"], first["id"]) == ("2026-11-22T12:00:00Z", trace_id(1))
    assert first["answer or error"] == ANSWER.strip()
    assert dict(zip(head, lines[1], strict=True))["answer or error"] == "boom bang"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as opened:
        opened.desk.write(1)
        opened.desk.write_runs(
            a_run(2, id=LONG_ID, agent="customer support triage agent", final_answer=ANSWER + LAST),
            a_run(3, status=RunStatus.ERROR, error="boom\n" * 300 + LAST, final_answer=""),
        )
        yield opened


def in_terminal(*arguments: str, width: int) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "FORCE_COLOR")}
    command = [sys.executable, "-m", "roadworthy.app.main", *arguments]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=clean | {"TERM": "xterm", "NO_COLOR": "1"}
    ) as process:
        os.close(theirs)
        pieces = []
        try:
            while piece := os.read(ours, 65_536):
                pieces.append(piece)
        except OSError:
            pass  # the other end was closed
        os.close(ours)
        assert process.wait(30) == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", b"".join(pieces).decode()).replace("\r\n", "\n")


def piped(*arguments: str) -> str:
    command = [sys.executable, "-m", "roadworthy.app.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_runs_in_a_terminal(server: Listening) -> None:
    for width in (80, 230):
        shown = in_terminal("runs", "--server", server.url, width=width)
        assert max(len(line) for line in shown.splitlines()) == width
        assert LONG_ID in shown
    assert LAST not in shown


def test_runs_in_a_pipe(server: Listening) -> None:
    lines = piped("runs", "--server", server.url).splitlines()
    assert [line.split("\t")[9] for line in lines] == ["id", trace_id(3), LONG_ID, trace_id(1)]
    assert lines[1].endswith(LAST)
    assert lines[2].endswith(LAST)


def test_one_run_in_a_pipe_is_whole(server: Listening) -> None:
    shown = piped("run", trace_id(3), "--server", server.url)
    (error,) = [line for line in shown.splitlines() if line.startswith("error")]
    assert error.endswith(LAST)
    assert not any(line != line.rstrip() for line in shown.splitlines())
    shown = in_terminal("run", trace_id(1), "--server", server.url, width=100)
    assert "find_order" in shown


def test_hits_in_a_pipe_are_lines(server: Listening) -> None:
    (line,) = piped("search", "zanzibar", "--server", server.url).splitlines()
    assert line.split("\t")[1:4] == [trace_id(1), "tool", "find_order"]
    assert "zanzibar" in line.split("\t")[4]
    assert "zanzibar" in in_terminal("search", "zanzibar", "--server", server.url, width=80)
