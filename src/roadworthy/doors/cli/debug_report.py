"""What an inquiry found, as people read it in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from roadworthy.doors.cli.asking import named
from roadworthy.doors.cli.client import Client
from roadworthy.doors.cli.listing import one_line, printable

IDENTICAL, DIFFERS, CANNOT_TELL = 0, 1, 3
_BAR = 24
_SHOWN_STEPS = 60
_DIFF_LINES = 40
_WIDTH = 100
_HOW = {
    "recorded": "recorded",
    "dated": "recorded, but for dates",
    "good": "as in the good run",
    "changed": "changed",
    "live": "asked live",
    "miss": "NOT RECORDED",
    "hole": "RECORDING MISSING",
}


def exit_code(one: Mapping[str, Any]) -> int:
    """0 identical, passed or found; 1 differs, failed, or no step to be found; 3 where it cannot be told."""
    finding = one["finding"] or {}
    if one["state"] != "done" or not finding:
        return CANNOT_TELL
    if one["kind"] == "bisect":
        return {"sure": IDENTICAL, "not_a_step": DIFFERS}.get(finding["state"], CANNOT_TELL)
    outcome = finding["outcome"]
    if one["kind"] == "fork":
        return _of_fork(one, finding)
    if outcome in ("cannot_tell", "same_calls"):
        return CANNOT_TELL
    return IDENTICAL if outcome == "identical" else DIFFERS


def _of_fork(one: Mapping[str, Any], finding: Mapping[str, Any]) -> int:
    if finding["outcome"] != "identical":
        return CANNOT_TELL
    if one["check"] is not None:
        if finding["failed"]:
            return DIFFERS
        return CANNOT_TELL if finding["unknown"] or not finding["passed"] else IDENTICAL
    if one["output"] is None:
        return CANNOT_TELL
    return IDENTICAL if finding["as_recorded"] == one["progress"]["done"] else DIFFERS


def say_inquiry(client: Client, one: Mapping[str, Any]) -> None:
    """`one` is the inquiry with its reruns."""
    kind = "bisect" if one["kind"] == "bisect" else f"{one['kind']} of"
    typer.echo(f"{kind} run {one['run_id']} of {one['agent']}: {one['state'].replace('_', ' ')}, {one['id']}")
    if one["kind"] == "bisect":
        _say_bisect(client, one)
    else:
        _say_reruns(client, one)
    finding = one["finding"] or {}
    if finding.get("sentences"):
        typer.echo("")
    for sentence in finding.get("sentences", ()):
        typer.echo(printable(sentence))
    for rerun in one["reruns"]:
        if rerun["ending"] not in (None, "answered") and rerun["error"]:
            typer.echo(f"Rerun {rerun['number']} {rerun['ending']}: {_said(rerun['error'])}")
    spent = one["spent"]
    typer.echo(
        f"\n{counted(spent['reruns'], 'rerun')}, {counted(spent['calls'], 'call')} really asked, "
        f"{spent['usd']:.4f} USD, {spent['seconds']:.1f} s"
    )
    for rerun in one["reruns"][-1:]:
        if rerun["run_id"]:
            typer.echo(f"{client.server.rstrip('/')}/runs/{rerun['run_id']}")


def _say_reruns(client: Client, one: Mapping[str, Any]) -> None:
    done = [rerun for rerun in one["reruns"] if rerun["state"] == "done"]
    for rerun in _worth_showing(done):
        calls = client.get(f"/inquiries/{named(one['id'])}/reruns/{rerun['number']}/calls")["items"]
        typer.echo("")
        if len(done) > 1:
            typer.echo(f"Rerun {rerun['number']}:")
        _say_calls(calls)
        _say_divergence(rerun, calls)


def _worth_showing(done: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first, and the first that did something else."""
    shown = list(done[:1])
    other = next((one for one in done[1:] if one["diverged_at"] is not None or one["same"] is False), None)
    if other is not None and shown[0]["diverged_at"] is None and shown[0]["same"] is not False:
        shown.append(other)
    return shown


def _say_calls(calls: Sequence[Mapping[str, Any]]) -> None:
    if not calls:
        typer.echo("It made no calls through the gateway.")
        return
    wide = max(6, *(len(str(one["target"])) for one in calls))
    typer.echo(f"{'step':>4}  {'kind':6} {'target':{wide}}  answered")
    for one in calls:
        step = "-" if one["step"] is None else one["step"]
        note = f": {one['note']}" if one["note"] else ""
        how = _HOW.get(one["how"], one["how"])
        typer.echo(f"{step:>4}  {one['kind']:6} {one['target']:{wide}}  {how}{_short(note)}")


def _say_divergence(rerun: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> None:
    if rerun["diverged_at"] is None:
        return
    diff = rerun["diff"] or next((one["diff"] for one in calls if one["diff"]), None)
    typer.echo(f"\nFirst divergence: step {rerun['diverged_at']}")
    if diff:
        lines = diff.splitlines()
        for line in lines[:_DIFF_LINES]:
            typer.echo(f"  {printable(line)}")
        if len(lines) > _DIFF_LINES:
            typer.echo(f"  and {len(lines) - _DIFF_LINES} lines more: --json")


def _say_bisect(client: Client, one: Mapping[str, Any]) -> None:
    finding = one["finding"] or {}
    mass = list(finding.get("mass") or ())
    steps = client.get(f"/runs/{named(one['run_id'])}/tape")["steps"]
    if mass:
        typer.echo("")
        _say_picture(steps, mass, found=finding.get("step"), tried=finding.get("tried") or ())
    tried = finding.get("tried") or ()
    if tried:
        typer.echo("")
    for each in tried:
        verdict = {True: "passed", False: "failed", None: "not counted"}[each["passed"]]
        why = f" ({each['why']})" if each["why"] else ""
        typer.echo(f"  rerun {each['number']:>3}  {_put_right(each):38}  {verdict}{why}")


def _put_right(each: Mapping[str, Any]) -> str:
    if each["switch"] is None:
        return "nothing put right"
    return (
        f"step {each['switch']} alone put right"
        if each["only"]
        else f"put right from step {each['switch']} on"
    )


def _say_picture(
    steps: Sequence[Mapping[str, Any]],
    mass: Sequence[float],
    *,
    found: int | None,
    tried: Sequence[Mapping[str, Any]],
) -> None:
    """A bar for each step: how likely it is the one; beside it what was tried from it on."""
    by_switch: dict[int, str] = {}
    for each in tried:
        if each["switch"] is not None and not each["only"]:
            mark = {True: "+", False: "-", None: "?"}[each["passed"]]
            by_switch[each["switch"]] = by_switch.get(each["switch"], "") + mark
    wide = max([6, *(len(str(one["target"])) for one in steps)])
    typer.echo(f"{'step':>4}  {'kind':6} {'target':{wide}}  {'how likely':{_BAR + 8}}put right from here on")
    left_out = 0
    for one in steps:
        number = one["step"]
        share = mass[number] if number < len(mass) else 0.0
        if len(steps) > _SHOWN_STEPS and share < 0.005 and number not in by_switch and number != found:
            left_out += 1
            continue
        here = "<" if number == found else " "
        line = f"{number:>4}  {one['kind']:6} {one['target']:{wide}}  {_bar(share)} {here} "
        typer.echo(f"{line}{by_switch.get(number, '')}".rstrip())
    typer.echo(f"{'':4}  {'none of them':{wide + 7}}  {_bar(mass[0])}".rstrip())
    if left_out:
        typer.echo(f"{'':4}  {left_out} steps that are not likely, and were not tried, left out")
    typer.echo(f"{'':4}  + passed, - failed, ? not counted")


def _bar(share: float) -> str:
    full = "#" * round(share * _BAR)
    return f"{full:{_BAR}} {100 * share:5.1f} %"


def counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _said(error: str) -> str:
    """The line of what an agent wrote to standard error that says what went wrong."""
    from roadworthy.features.debug.same_end import complaint_line

    return _short(complaint_line(error))


def _short(text: str) -> str:
    flat = one_line(text)
    prefix = " " if text.startswith(" ") else ""
    return prefix + (flat if len(flat) <= _WIDTH else f"{flat[:_WIDTH]}…")
