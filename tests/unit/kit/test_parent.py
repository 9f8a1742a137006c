"""A child process does not outlive its parent, also where the parent went first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parents")

_CHILD = "import sys; from roadworthy.kit.parent import die_with_parent; die_with_parent(int(sys.argv[1]))"


def _said(parent_pid: int) -> str:
    order = [sys.executable, "-c", f"{_CHILD}; print('lives')", str(parent_pid)]
    return subprocess.run(order, capture_output=True, text=True, check=True).stdout


@linux
def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    nobody = os.getppid()
    assert _said(nobody) == ""


@linux
def test_a_child_whose_parent_is_there_goes_on() -> None:
    assert _said(os.getpid()) == "lives\n"
