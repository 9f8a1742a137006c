"""A check that is a command: the answer comes to its standard input, and 0 is passed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from roadworthy.features.debug.check import WAVERS, Checked
from roadworthy.features.debug.running.command import arguments_of

TIMEOUT_S = 60.0
_MOST_TASK = 25_000
"""Characters in a variable; Linux takes 128 KiB."""
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
    """Asked twice: one that cannot make up its mind must not decide what gets merged. Never raises. The task
    is in its ROADWORTHY_TASK. Ended by a signal, it did not decide."""
    own = {**(os.environ if base is None else base), "ROADWORTHY_TASK": task[:_MOST_TASK]}
    first = _asked_once(command, answer, folder=folder, timeout_s=timeout_s, own=own)
    if first.passed is None:
        return first
    second = _asked_once(command, answer, folder=folder, timeout_s=timeout_s, own=own)
    if second.passed is None or second.passed == first.passed:
        return second
    words = {True: "passed", False: "failed"}
    return Checked(
        passed=None,
        said=f"{WAVERS}: asked twice about one answer it said "
        f"{words[bool(first.passed)]}, then {words[bool(second.passed)]}.",
    )


def _asked_once(
    command: str, answer: str, *, folder: str, timeout_s: float, own: Mapping[str, str]
) -> Checked:
    try:
        done = subprocess.run(  # noqa: S603 (the person at the terminal gave the command)
            arguments_of(command),
            input=answer.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=timeout_s,
            cwd=folder or None,
            env=own,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Checked(passed=None, said=f"The check's command did not end within {timeout_s:g} s.")
    except (OSError, ValueError) as fault:
        return Checked(passed=None, said=f"The check's command cannot be started: {fault}.")
    words = (done.stdout.strip() or done.stderr.strip()).decode(errors="replace")
    said = words.rpartition("\n")[2][:300]
    if done.returncode < 0 or done.returncode in _CANNOT_RUN:
        return Checked(passed=None, said=f"The check's command ended with {done.returncode}: {said}")
    passed = done.returncode == 0
    return Checked(passed=passed, said=said or f"The check's command ended with {done.returncode}.")
