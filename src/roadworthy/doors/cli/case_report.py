"""Cases and their results as text for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from roadworthy.doors.cli.listing import one_line, printable
from roadworthy.features.debug.cases.case import Case
from roadworthy.features.debug.cases.suite import CaseResult, told_divergence
from roadworthy.features.debug.cases.verdict import Outcome
from roadworthy.features.debug.tape.reading import shown
from roadworthy.features.debug.tape.tape import TapeCall
from roadworthy.features.debug.telling_steps import answered_of, asked_of

_MARKS = {
    Outcome.PASSED: ("passed", typer.colors.GREEN),
    Outcome.FAILED: ("FAILED", typer.colors.RED),
    Outcome.ERROR: ("ERROR", typer.colors.RED),
}
_WIDTH = 90


def say_result(one: CaseResult, *, timing: bool) -> None:
    word, color = _MARKS[one.outcome]
    took = f"{one.calls} calls, {one.timing.agent:.0f} ms" if one.timing.whole else ""
    over = f", {one.timing.overhead:.0f} ms over the agent" if timing and one.timing.whole else ""
    typer.echo(f"{typer.style(word, fg=color)}\t{one.file}\t{took}{over}")
    for why in one.verdict.why:
        _indented(why)
    if one.outcome is Outcome.PASSED:
        return
    divergence = told_divergence(one.verdict)
    if divergence:
        for line in divergence.splitlines():
            _indented(line, fg={"+": typer.colors.GREEN, "-": typer.colors.RED}.get(line[:1]))
    for note in one.notes:
        _indented(note, fg=typer.colors.BRIGHT_BLACK)


def say_sum(results: Sequence[CaseResult], *, timing: bool) -> None:
    words = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.ERROR: "could not be run"}
    counts = [
        f"{number} {word}"
        for outcome, word in words.items()
        if (number := sum(one.outcome is outcome for one in results))
    ]
    typer.echo(", ".join(counts) or "nothing was run")
    ran = sorted(one.timing.overhead for one in results if one.timing.whole)
    if timing and ran:
        middle, most = ran[len(ran) // 2], ran[-1]
        typer.echo(f"over the agents themselves: {middle:.0f} ms in the middle, {most:.0f} ms at most")


def result_json(one: CaseResult) -> dict[str, Any]:
    timing = one.timing
    return {
        "file": one.file,
        "name": one.name,
        "agent": one.agent,
        "outcome": one.outcome.value,
        "why": list(one.verdict.why),
        "diverged_at": one.verdict.diverged_at,
        "diff": one.verdict.diff or None,
        "answer": one.answer,
        "calls": one.calls,
        "notes": list(one.notes),
        "ms": {
            "whole": round(timing.whole, 1),
            "agent": round(timing.agent, 1),
            "calls": round(timing.calls, 1),
            "overhead": round(timing.overhead, 1),
        },
    }


def say_case(case: Case) -> None:
    check = case.check
    typer.echo(case.name)
    _said("agent", case.agent)
    _said("run", case.run_id)
    _said("task", case.input)
    _said("answered", case.tape.output or ("nothing" if case.tape.end else "not known"))
    if case.tape.end is not None:
        _said("failed", case.tape.end.error or "without a word")
    _said("check", "as recorded" if check.how == "same" else f"{check.how}: {check.expected}")
    _said("calls", case.calls.value)
    if case.expect_failure:
        _said("expected", "that it fails")
    for one in case.changes:
        _said("put right", f"step {one.step}, {one.kind.value}: {one.text}")
    if case.good is not None:
        _said("good run", f"{case.good.run_id}, {len(case.good.calls)} calls")
    for call in case.tape.calls:
        exchange = call.exchange
        typer.echo(f"{call.step:>4}  {exchange.kind.value:<5}  {exchange.target}")
        if call.hole:
            _indented(f"no recording: {call.hole}")
            continue
        _indented(f"> {_line(asked_of(call))}")
        _indented(f"< {_line(answered_of(call))}")


def say_step(call: TapeCall) -> None:
    kind = call.exchange.kind
    if call.hole:
        typer.echo(f"no recording: {call.hole}")
        return
    typer.echo(call.request.head if call.request else "")
    typer.echo(printable(shown(call.request, kind=kind, asked=True)))
    typer.echo("")
    typer.echo(call.answer.head if call.answer else "no answer")
    typer.echo(printable(shown(call.answer, kind=kind, asked=False)))


def _said(name: str, text: str) -> None:
    typer.echo(f"  {name:<9} {_line(text)}")


def _line(text: str) -> str:
    return one_line(text, width=_WIDTH)


def _indented(text: str, *, fg: str | None = None) -> None:
    line = f"      {printable(text)}"
    typer.echo(typer.style(line, fg=fg) if fg else line)
