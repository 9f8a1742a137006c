"""oncall rotation, oncall policy: schedules and escalation policies of the usual shape, in one line.

More than one layer, restrictions and the like are the page's and the API's matter.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.options import DEFAULT_SERVER, Key, Project, Server

_MINUTES = re.compile(r"(\d{1,4})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def rotation(
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="Name of the schedule.")],
    people: Annotated[list[str], typer.Argument(metavar="PERSON", help="In the order of their turns.")],
    zone: Annotated[str, typer.Option(help="IANA time zone, like Europe/Berlin.")] = "UTC",
    weekday: Annotated[str, typer.Option(help="Of the hand-over.")] = "monday",
    at: Annotated[str, typer.Option(help="Local time of the hand-over.")] = "09:00",
    weeks: Annotated[int, typer.Option(min=1, help="How long a turn is.")] = 1,
    starts_on: Annotated[str, typer.Option(help="YYYY-MM-DD of the first turn; default: today.")] = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Make a schedule in which people take weeks in turn; one of that name is replaced."""
    layer = {
        "name": "rotation",
        "people": people,
        "starts_on": starts_on or _today(zone),
        "every": weeks,
        "hand_over_weekday": weekday.casefold(),
        "hand_over_time": at,
    }
    with asking(server=server, key=key, project=project) as client:
        made = client.send(
            "PUT", f"/schedules/{named(schedule)}", body={"time_zone": zone, "layers": [layer]}
        )
    typer.echo(f"{schedule}: {made['now']['person'] or 'nobody'} is on call now")
    for gap in made["gaps"]:
        typer.echo(f"  {gap['words']}")


def policy(
    name: Annotated[str, typer.Argument(metavar="POLICY", help="Name of the escalation policy.")],
    levels: Annotated[
        list[str],
        typer.Option(
            "--level",
            help="Who is told: schedule, person, team (the agent's own) or with a name, like person:ann, "
            "channel:ID; several at once with commas. Repeatable, in order.",
        ),
    ],
    timeout: Annotated[str, typer.Option(help="Until the next level is told: 300s, 15m, 1h.")] = "15m",
    repeat: Annotated[int, typer.Option(min=0, help="How many times again.")] = 0,
    default: Annotated[
        bool, typer.Option("--default", help="For all agents without one of their own.")
    ] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Make an escalation policy; one of that name is replaced."""
    seconds = _seconds(timeout)
    body = {
        "levels": [
            {"targets": [_target(one) for one in level.split(",")], "timeout_seconds": seconds}
            for level in levels
        ],
        "repeat": repeat,
        "default": default,
    }
    with asking(server=server, key=key, project=project) as client:
        client.send("PUT", f"/escalation-policies/{named(name)}", body=body)
    typer.echo(f"{name}: {' → '.join(levels)}" + (", the project's default" if default else ""))


def _target(text: str) -> dict[str, str]:
    kind, _, name = text.strip().partition(":")
    return {"kind": kind, "name": name}


def _seconds(text: str) -> int:
    found = _MINUTES.fullmatch(text)
    if found is None:
        raise fail(f"--timeout: {text!r} is no length of time; expected like 300s, 15m, 1h", code=2)
    return int(found[1]) * _SECONDS[found[2]]


def _today(zone: str) -> str:
    try:
        return str(datetime.now(tz=ZoneInfo(zone)).date())
    except (ZoneInfoNotFoundError, ValueError):
        raise fail(f"--zone: {zone!r} is no IANA time zone; expected like Europe/Berlin", code=2) from None
