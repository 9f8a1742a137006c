"""The compiled part is there where a compiler is, and nothing needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from roadworthy.kit.compiled import COMPILED

REPO = Path(__file__).resolve().parents[3]


def build(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "scripts/native.sh", sys.executable, str(folder)],
        cwd=REPO,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def asked(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_it_is_compiled_here() -> None:
    """Otherwise the tests that hold it to its twins in Python prove nothing."""
    if COMPILED is None and not os.environ.get("CI"):
        pytest.skip("no compiled part: no C compiler, or no headers of Python (gcc python3-dev)")
    assert COMPILED is not None


def test_where_there_is_no_compiler_that_is_said_and_nothing_fails(tmp_path: Path) -> None:
    done = build(tmp_path, CC="no-such-compiler")
    assert done.returncode == 0
    assert "no C compiler" in done.stderr
    assert "gcc python3-dev, then scripts/native.sh" in done.stderr


def test_what_cannot_be_built_is_left_out(tmp_path: Path) -> None:
    done = build(tmp_path, CC="false")
    assert done.returncode == 0
    assert "could not be built" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(COMPILED is None, reason="no C compiler, or no headers of Python")
def test_a_compiler_may_be_several_words(tmp_path: Path) -> None:
    """As `ccache gcc`, or `gcc -pthread`."""
    done = build(tmp_path, CC=f"env {os.environ.get('CC', 'cc')}")
    assert (done.returncode, done.stderr) == (0, "")
    assert [built.name.split(".")[0] for built in tmp_path.iterdir()] == ["_compiled"]


def test_it_can_be_switched_off() -> None:
    code = "from roadworthy.kit.compiled import COMPILED; print(COMPILED is None)"
    assert asked(code, ROADWORTHY_COMPILED="0") == "True"
    assert asked(code, ROADWORTHY_COMPILED="") == str(COMPILED is None)
