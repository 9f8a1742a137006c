"""A drill's report as people read it in a terminal."""

from __future__ import annotations

from typing import Any

import typer

from roadworthy.doors.cli.listing import one_line

_SHOWN = 20
_WIDTH = 100


def say_report(found: dict[str, Any], *, server: str) -> None:
    one = found["drill"]
    progress = one["progress"]
    typer.echo(f"{one['agent']}: {progress['done']} of {progress['planned']} runs, drill {one['id']}")
    typer.echo("")
    head = f"{'fault':24}{'survived':>10}  {'interval':14}"
    typer.echo(f"{head}{'recovered':>10}{'said so':>9}{'WRONG':>7}{'crashed':>9}  not counted")
    for fault in found["faults"]:
        typer.echo(_line(fault["title"], fault["share"], unreachable=fault["unreachable"]))
    typer.echo(_line("all", found["share"]))
    if found["pairs"]:
        typer.echo(_line("in twos", found["pairs_share"]))
    _say_unsteady(found)
    _say_wrong(found, server=server)


def _line(title: str, share: dict[str, Any], *, unreachable: int = 0) -> str:
    survived, interval = "-", ""
    if share["share"] is not None:
        survived = f"{share['survived']}/{share['decided']}"
        interval = f"{100 * share['low']:.0f} to {100 * share['high']:.0f} %"
    rest = [
        f"{share['not_reached']} not reached" if share["not_reached"] else "",
        f"{share['unknown']} unknown" if share["unknown"] else "",
        f"in no call of {unreachable} tasks" if unreachable else "",
    ]
    counts = f"{share['recovered']:>10}{share['said_so']:>9}{share['silently_wrong']:>7}{share['crashed']:>9}"
    return (
        f"{title:24}{survived:>10}  {interval:14}{counts}  {', '.join(one for one in rest if one)}".rstrip()
    )


def _say_unsteady(found: dict[str, Any]) -> None:
    unsteady = [one for one in found["cases"] if one["unsteady"]]
    if unsteady:
        typer.echo("\nTasks that say nothing:")
        for one in unsteady[:_SHOWN]:
            typer.echo(f"  {one_line(one['case'])}: {one['unsteady']}")


def _say_wrong(found: dict[str, Any], *, server: str) -> None:
    wrong = [
        (fault["title"], run)
        for fault in (*found["faults"], *found["pairs"])
        for run in fault["runs"]
        if run["verdict"] in ("silently_wrong", "crashed")
    ]
    if not wrong:
        return
    typer.echo("\nDid not survive:")
    for title, run in wrong[:_SHOWN]:
        where = ", ".join(
            f"{one['fault']} in {one['target'] or one['kind']} call {one['occurrence']}"
            for one in run["run"]["faults"]
        )
        verdict = run["verdict"].replace("_", " ")
        typer.echo(
            f"  {title}, task {one_line(run['run']['case'])} ({where}): {verdict}, {one_line(run['why'])}"
        )
        if run["run"]["answer"]:
            typer.echo(f"    answered: {_short(run['run']['answer'])}")
        if run["right"]:
            typer.echo(f"    right:    {_short(run['right'])}")
        typer.echo(f"    {server.rstrip('/')}/runs/{run['run']['run_id']}")
    if len(wrong) > _SHOWN:
        typer.echo(f"  and {len(wrong) - _SHOWN} more: --json")


def _short(text: str) -> str:
    flat = one_line(text)
    return flat if len(flat) <= _WIDTH else f"{flat[:_WIDTH]}…"
