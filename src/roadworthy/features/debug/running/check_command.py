"""A check that is a command: the answer comes to its standard input, and 0 is passed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from roadworthy.features.debug.check import Checked
from roadworthy.features.debug.running.command import arguments_of

TIMEOUT_S = 60.0
_CANNOT_RUN = frozenset({126, 127})
"""What shells and env(1) say of a program that is not there or may not be run."""


def checked_by_command(
    command: str,
    answer: str,
    *,
    task: str = "",
    folder: str = "",
    timeout_s: float = TIMEOUT_S,
    base: Mapping[str, str] | None = None,
) -> Checked:
    """Never raises. The task is in its ROADWORTHY_TASK. Ended by a signal, it did not decide."""
    try:
        done = subprocess.run(  # noqa: S603 (the person at the terminal gave the command)
            arguments_of(command),
            input=answer,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            cwd=folder or None,
            env={**(os.environ if base is None else base), "ROADWORTHY_TASK": task[:100_000]},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Checked(passed=None, said=f"The check's command did not end within {timeout_s:g} s.")
    except (OSError, ValueError) as fault:
        return Checked(passed=None, said=f"The check's command cannot be started: {fault}.")
    said = (done.stdout.strip() or done.stderr.strip()).rpartition("\n")[2][:300]
    if done.returncode < 0 or done.returncode in _CANNOT_RUN:
        return Checked(passed=None, said=f"The check's command ended with {done.returncode}: {said}")
    passed = done.returncode == 0
    return Checked(passed=passed, said=said or f"The check's command ended with {done.returncode}.")
