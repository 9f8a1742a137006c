"""doctor finds what is wrong and says how to mend it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from roadworthy.doors.cli import checks_machine
from roadworthy.doors.cli.findings import Finding, Level
from tests.product import free_ports
from tests.unit.doors.cli.test_commands import roadworthy


def look(data: Path, **environment: str) -> tuple[int, dict[str, Finding]]:
    """Findings by what was looked at; the worst of each."""
    page, http, grpc, gateway = free_ports(4)
    ports = {
        "ROADWORTHY_PORT": str(page),
        "ROADWORTHY_OTLP_HTTP_PORT": str(http),
        "ROADWORTHY_OTLP_GRPC_PORT": str(grpc),
        "ROADWORTHY_GATEWAY_PORT": str(gateway),
    }
    done = roadworthy("doctor", "--json", "--data", str(data), **{**ports, **environment})
    found: dict[str, Finding] = {}
    for line in done.stdout.splitlines():
        finding = Finding(**json.loads(line))
        if found.get(finding.what) is None or finding.level == Level.BAD:
            found[finding.what] = finding
    return done.returncode, found


def test_a_machine_that_is_ready(tmp_path: Path) -> None:
    code, found = look(tmp_path / "data")
    assert code == 0
    assert not [finding for finding in found.values() if finding.level == Level.BAD]
    assert found["server"].mend == "roadworthy up"
    assert {"python", "packages", "sqlite", "settings", "data folder", "disk", "clock"} <= set(found)


def test_everything_that_is_not_well_says_how_to_mend_it(tmp_path: Path) -> None:
    _, found = look(tmp_path / "data")
    assert all(finding.mend for finding in found.values() if finding.level != Level.OK)


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, found = look(tmp_path / "data", ROADWORTHY_OTLP_HTTP_PORT=str(port))
    assert code == 1
    assert "--otlp-http-port" in found[f"port {port}"].mend


def test_a_folder_that_others_can_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    code, found = look(tmp_path)
    assert (code, found["data folder"].level) == (0, Level.WARN)
    assert found["data folder"].mend == f"chmod 700 {tmp_path}"


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, found = look(tmp_path / "file")
    assert (code, found["data folder"].level) == (1, Level.BAD)


def test_a_disk_with_too_little_room(tmp_path: Path) -> None:
    code, found = look(tmp_path, ROADWORTHY_MIN_FREE_BYTES=str(2**60))
    assert (code, found["disk"].level) == (1, Level.BAD)


def test_a_server_that_others_reach_needs_credentials(tmp_path: Path) -> None:
    code, found = look(tmp_path, ROADWORTHY_HOST="0.0.0.0")
    assert code == 1
    assert "roadworthy people add" in found["credentials"].mend
    roadworthy("people", "add", "ada", "--data", str(tmp_path), stdin="long enough it is\n")
    roadworthy("keys", "create", "--name", "k", "--data", str(tmp_path))
    _, found = look(tmp_path, ROADWORTHY_HOST="0.0.0.0")
    assert found["credentials"].level == Level.OK


def test_a_server_whose_data_is_elsewhere(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    told = checks_machine.used_by_the_server(tmp_path)
    assert told is not None
    assert (told.level, "--data" in told.mend) == (Level.WARN, True)
    lock.write_text(f"{os.getpid()}\n")
    assert checks_machine.used_by_the_server(tmp_path) is None
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock.write_text(f"{gone.pid}\n")
    assert checks_machine.used_by_the_server(tmp_path) is not None, "a lock left by a process that is gone"


def test_a_setting_that_cannot_be(tmp_path: Path) -> None:
    code, found = look(tmp_path, ROADWORTHY_OTLP_GRPC_PORT="many")
    assert (code, found["settings"].level) == (1, Level.BAD)
    assert "otlp_grpc_port" in found["settings"].says


@pytest.mark.parametrize(
    ("now", "level"), [(0.0, Level.BAD), (1_700_000_000.0, Level.BAD), (1_900_000_000.0, Level.OK)]
)
def test_the_clock(tmp_path: Path, now: float, level: Level) -> None:
    assert checks_machine.clock(tmp_path / "none", now=now).level is level


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    later = time.time() + 7200
    os.utime(tmp_path, (later, later))
    finding = checks_machine.clock(tmp_path)
    assert finding.level is Level.BAD
    assert "set back" in finding.says
