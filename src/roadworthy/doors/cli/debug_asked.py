"""What is asked of an inquiry on the command line, as the API takes it: changes, checks, how to start the
agent, budgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.debug_options import BudgetOptions, ChangeOptions, OnwardOptions, StartOptions
from roadworthy.features.debug.inquiry import EntryPoint, Via
from roadworthy.features.debug.running.entry import BadEntry, check_here

CHECKS = ("contains", "exact", "number", "regex", "json", "evaluator", "command", "same")
_KINDS = ("answer", "result", "error", "model", "prompt", "parameters", "forbid")


def bad(option: str, message: str) -> typer.Exit:
    return fail(f"{option}: {message}", code=2)


def text_of(given: str, *, option: str) -> str:
    """As given, or of a file where it begins with @."""
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text()
    except (OSError, UnicodeDecodeError) as fault:
        raise bad(option, f"{given[1:]} cannot be read as text: {fault}") from None


def entry_asked(start: StartOptions, *, timeout: float) -> dict[str, Any] | None:
    """None where nothing was given: the registered one is meant."""
    ways = (("command", start.command), ("callable", start.callable_), ("url", start.url))
    given = [name for name, value in ways if value]
    if len(given) > 1:
        raise bad(
            f"--{given[1]}", f"expected one of --command, --callable and --url, and --{given[0]} is there"
        )
    if not given:
        for option, value in (
            ("--folder", start.folder),
            ("--python", start.python),
            ("--body", start.body),
        ):
            if value:
                raise bad(option, "expected with --command, --callable or --url")
        return None
    asked: dict[str, Any] = {
        "via": given[0],
        "command": start.command or "",
        "callable": start.callable_ or "",
        "url": start.url or "",
        "python": start.python or "",
        # Whoever goes on with it later may stand elsewhere.
        "folder": str(Path(start.folder or ".").resolve()) if not start.url else "",
        "answer_field": start.answer_field,
        "timeout_s": timeout,
    }
    if start.body:
        asked["body"] = start.body
    check_entry_here(EntryPoint(**{**asked, "via": Via(given[0])}))
    return asked


def check_entry_here(entry: EntryPoint) -> None:
    try:
        check_here(entry)
    except BadEntry as wrong:
        raise bad(f"--{wrong.field}", str(wrong)) from None


def check_asked(given: str | None) -> dict[str, str] | None:
    if given is None:
        return None
    how, _, expected = given.partition(":")
    if how not in CHECKS:
        raise bad("--check", f"{how!r} is none; expected HOW:EXPECTED, HOW one of {', '.join(CHECKS)}")
    if how != "same" and not expected:
        raise bad("--check", f"{how} of what? Expected like {how}:42")
    return {"how": how, "expected": text_of(expected, option="--check")}


def after_asked(onward: OnwardOptions) -> str | None:
    ways = (("live", onward.live), ("mixed", onward.mixed), ("recorded", onward.recorded))
    given = [name for name, said in ways if said]
    if len(given) > 1:
        raise bad(
            f"--{given[1]}", f"expected one of --live, --mixed and --recorded, and --{given[0]} is there"
        )
    return given[0] if given else None


def changes_asked(at: int, given: ChangeOptions) -> list[dict[str, Any]]:
    """At step `at`; what belongs to a change stands with it."""
    if given.code and given.error is None:
        raise bad("--code", "expected with --error")
    if given.find is not None and given.prompt is None:
        raise bad("--find", "expected with --prompt")
    changes: list[dict[str, Any]] = []
    for kind in _KINDS:
        value: str | None = getattr(given, kind)
        if kind == "answer" and given.tool_calls is not None:
            value = value or ""
        if value is None:
            continue
        text = text_of(value, option=f"--{kind}")
        changes.append({"step": at, "kind": kind, "text": text, "onwards": given.onwards})
        if kind == "answer" and given.tool_calls is not None:
            changes[-1]["tool_calls"] = text_of(given.tool_calls, option="--tool-calls")
        if kind == "error":
            changes[-1]["code"] = given.code
        if kind == "prompt" and given.find is not None:
            changes[-1]["find"] = text_of(given.find, option="--find")
    return changes


def fixes_asked(fixes: list[str], *, kinds: dict[int, str]) -> list[dict[str, Any]]:
    """`STEP=TEXT`, or `STEP:KIND=TEXT`; `kinds` says what was asked at each step: model or tool."""
    changes: list[dict[str, Any]] = []
    for one in fixes:
        where, equals, value = one.partition("=")
        number, _, kind = where.partition(":")
        if not equals or not number.isdigit() or (kind and kind not in _KINDS):
            raise bad("--fix", f"{one[:80]!r} is none; expected STEP=TEXT, STEP=@FILE or STEP:KIND=TEXT")
        step = int(number)
        if step not in kinds:
            raise bad("--fix", f"there is no step {step}; the run has {len(kinds)}")
        kind = kind or ("result" if kinds[step] == "tool" else "answer")
        changes.append({"step": step, "kind": kind, "text": text_of(value, option="--fix")})
    return changes


def budget_asked(given: BudgetOptions) -> dict[str, Any] | None:
    """None where nothing was given; 0 reruns is no bound."""
    if given == BudgetOptions():
        return None
    found: dict[str, Any] = {
        "calls": given.budget_calls,
        "usd": given.budget_usd,
        "seconds": given.budget_seconds,
    }
    if given.budget_reruns is not None:
        found["reruns"] = given.budget_reruns or None
    return found
