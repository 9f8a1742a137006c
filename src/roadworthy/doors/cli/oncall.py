"""oncall: who is on call, now or at another time, and who will be."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from roadworthy.doors.cli import oncall_setup
from roadworthy.doors.cli.agents import on_call_lines
from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.listing import say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, From, Json, Key, Project, Server, To

app = typer.Typer(no_args_is_help=True, help="Who is on call.", rich_markup_mode=None)

app.command()(oncall_setup.rotation)
app.command()(oncall_setup.policy)

Schedule = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Name of the schedule.")]


@app.command()
def now(
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say who is on call now in each schedule, until when, who is next, and where nobody will be."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/schedules")["items"]

    for schedule in found:
        if as_json:
            say_json(schedule)
            continue
        zone = schedule["time_zone"]
        person = schedule["now"]["person"] or "NOBODY"
        then = schedule["next"]
        after = f"\tthen {then['person'] or 'NOBODY'}" if then else ""
        typer.echo(f"{schedule['name']}\t{person}\tuntil {_clock(schedule['now']['end'], zone)}{after}")
        for line in _worries(schedule):
            typer.echo(f"  {line}")
    if not found and not as_json:
        typer.echo("No schedules. See docs/guide/ownership.md.")


@app.command()
def agent(
    name: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    at: Annotated[str, typer.Option(help="When: now, -2h, 2026-12-24T23:00:00+01:00.")] = "now",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say who is told about an agent, level by level."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get(f"/agents/{named(name)}/on-call", {"at": at})
    if as_json:
        say_json(found)
    else:
        for line in on_call_lines(found):
            typer.echo(line)
    if not found["levels"]:
        raise typer.Exit(1)


@app.command()
def shifts(
    schedule: Schedule,
    from_: From = None,
    to: To = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Only where nobody is; fails where there is such.")
    ] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List shifts, four weeks ahead unless asked otherwise, in the schedule's own time zone."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get(f"/schedules/{named(schedule)}/shifts", {"from": from_, "to": to})

    for shift in found["shifts"]:
        if gaps and shift["person"]:
            continue
        if as_json:
            say_json(shift)
            continue
        zone = found["time_zone"]
        why = "override" if shift["override"] else shift["layer"] or ""
        instead = f" in place of {shift['instead_of']}" if shift["instead_of"] else ""
        span = f"{_clock(shift['start'], zone)}\t{_clock(shift['end'], zone)}"
        typer.echo(f"{span}\t{shift['person'] or 'NOBODY'}\t{why}{instead}")
    for warning in found["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
    if gaps and found["gaps"]:
        raise typer.Exit(1)


@app.command()
def calendar(
    schedule: Schedule,
    person: Annotated[str, typer.Option(help="Only this person's shifts.")] = "",
    from_: From = None,
    to: To = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Write shifts as iCalendar to standard output."""
    asked = {"from": from_, "to": to, "person": person or None}
    with (
        asking(server=server, key=key, project=project) as client,
        client.open("GET", f"/schedules/{named(schedule)}/calendar.ics", params=asked) as answer,
    ):
        sys.stdout.buffer.write(answer.read())


@app.command()
def override(
    schedule: Schedule,
    person: Annotated[str, typer.Argument(help="Who takes over.")],
    start: Annotated[str, typer.Argument(help="now, or RFC 3339: 2026-12-24T09:00:00+01:00.")],
    end: Annotated[str, typer.Argument(help="RFC 3339.")],
    reason: Annotated[str, typer.Option(help="Why, in a few words.")] = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Put somebody on call for a time, whatever the rotation says."""
    body = {"person": person, "start": start, "end": end, "reason": reason}
    with asking(server=server, key=key, project=project) as client:
        made = client.send("POST", f"/schedules/{named(schedule)}/overrides", body=body)
    typer.echo(
        f"{made['person']} is on call in {schedule} from {made['start']} to {made['end']} ({made['id']})"
    )


def _worries(schedule: Mapping[str, Any]) -> list[str]:
    return [*(gap["words"] for gap in schedule["gaps"][:3]), *schedule["warnings"]]


def _clock(moment: str, zone: str) -> str:
    try:
        local = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    except ZoneInfoNotFoundError:
        return moment
    return f"{local:%a %Y-%m-%d %H:%M %Z}"
