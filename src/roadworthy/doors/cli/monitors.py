"""monitors, alarms, backtest: what is watched, what was noticed, and what would have been."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.backtest_reasons import why_nothing
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.listing import say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, From, Json, Key, Limit, Project, Server

app = typer.Typer(
    no_args_is_help=True, help="What is watched of each agent, and how it stands.", rich_markup_mode=None
)

MonitorId = Annotated[str, typer.Argument(metavar="MONITOR", help="Id of the monitor.")]
Agent = Annotated[str | None, typer.Option(help="Only of this agent.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the monitor's notes.")]
_POLL_S = 0.5


@app.command("list")
def list_monitors(
    agent: Agent = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List monitors: phase, usual and present rate, evidence."""
    with asking(server=server, key=key, project=project) as client:
        page = client.get("/monitors", {"agent": agent})
    for one in page["items"]:
        _say(one, as_json=as_json)
    if not page["items"] and not as_json:
        typer.echo("No monitors yet: they come with the first judged run of an agent.")


@app.command()
def show(
    monitor: MonitorId,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show a monitor: what it promises, what it would notice when, and what happened to it."""
    with asking(server=server, key=key, project=project) as client:
        one = client.get(f"/monitors/{named(monitor)}")
    _say(one, as_json=as_json)
    if as_json:
        return
    for noticed in one["noticed"]:
        when = "hardly ever" if noticed["hours"] is None else f"after about {_hours(noticed['hours'])}"
        typer.echo(f"notices\t{_rate(one, noticed['rate'])}\t{when}")
    for claim in one["claims"]:
        typer.echo(f"{claim['basis']}\t{claim['text']}")
    for refused in one["refused"]:
        typer.echo(f"refused\t{refused['count']}\t{refused['reason']}")
    for note in one["notes"]:
        said = ", ".join(part for part in (note["by"], note["reason"]) if part)
        typer.echo(f"{note['at']}\t{note['what']}\t{said}")


@app.command()
def add(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    signal: Annotated[
        str,
        typer.Argument(
            metavar="SIGNAL",
            help="completion, quality, tool_failures, errors, latency, cost, tokens, disagreement, "
            "volume, detector:NAME or score:NAME.",
        ),
    ],
    name: Annotated[str, typer.Option(help="Its name; left out: agent and signal.")] = "",
    strata: Annotated[
        list[str] | None, typer.Option("--stratum", help="hour, weekday, release, model, attributes.KEY.")
    ] = None,
    years: Annotated[float, typer.Option(help="Mean time to a false alarm, at least.")] = 20.0,
    maturity_hours: Annotated[float, typer.Option(help="How late outcomes are said.")] = 0.0,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Watch one more figure of an agent."""
    body = {
        "name": name or f"{agent}: {signal}",
        "agent": agent,
        "signal": signal,
        "strata": strata or [],
        "patience_years": years,
        "maturity_s": maturity_hours * 3600,
    }
    with asking(server=server, key=key, project=project) as client:
        _say(client.send("POST", "/monitors", body=body), as_json=as_json)


@app.command()
def pause(
    monitor: MonitorId,
    go_on: Annotated[bool, typer.Option("--resume", help="Let it go on.")] = False,
    reason: Reason = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Stop a monitor from looking for a while, or let it go on."""
    body = {"paused": not go_on, "reason": reason}
    with asking(server=server, key=key, project=project) as client:
        _say(client.send("POST", f"/monitors/{named(monitor)}/pause", body=body), as_json=False)


@app.command()
def rebaseline(
    monitor: MonitorId,
    reason: Annotated[str, typer.Option(help="Why; kept in the monitor's notes.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """What comes from now on is normal: learn anew."""
    with asking(server=server, key=key, project=project) as client:
        path = f"/monitors/{named(monitor)}/rebaseline"
        _say(client.send("POST", path, body={"reason": reason}), as_json=False)


@app.command()
def remove(
    monitor: MonitorId, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Take a monitor away; its alarms stay."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/monitors/{named(monitor)}")
    typer.echo(f"{monitor} is gone")


def alarms(
    agent: Agent = None,
    standing: Annotated[bool, typer.Option("--standing", help="Only those that are not over.")] = False,
    since: From = None,
    limit: Limit = 50,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List what monitors noticed, newest first."""
    asked = {"agent": agent, "standing": "true" if standing else None, "from": since}
    with asking(server=server, key=key, project=project) as client:
        found = list(client.pages("/alarms", asked, limit=min(limit, 500)))
    for one in found:
        if as_json:
            say_json(one)
        else:
            typer.echo(f"{one['at']}\t{'over' if one['cleared_at'] else 'stands'}\t{one['title']}")
    if not found and not as_json:
        typer.echo("No alarms.")


def backtest(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    signal: Annotated[str, typer.Option(help="As of monitors add.")] = "completion",
    table: Annotated[
        Path | None, typer.Option("--csv", help="A table with columns time and x instead of stored runs.")
    ] = None,
    since: From = None,
    years: Annotated[float, typer.Option(help="Mean time to a false alarm, at least.")] = 20.0,
    trust: Annotated[
        bool,
        typer.Option("--trust-reference", help="Forgive no more noise than the reference itself shows."),
    ] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say what would have been alarmed when, over stored runs or a table."""
    body: dict[str, Any] = {
        "agent": agent,
        "signal": signal,
        "from": since,
        "patience_years": years,
        "cautious": not trust,
    }
    if table is not None:
        try:
            body["csv"] = table.read_text()
        except (OSError, UnicodeDecodeError) as fault:
            raise fail(f"--csv: {table} cannot be read as text: {fault}", code=2) from None
    with asking(server=server, key=key, project=project) as client:
        found = _waited(client, client.send("POST", "/monitors/backtest", body=body)["id"])
    if as_json:
        say_json(found)
        return
    typer.echo(f"{found['results']} results, {found['start']} to {found['end']}")
    for one in found["alarms"]:
        typer.echo(f"{one['at']}\tsince {one['since'] or '?'}\t{one['title']}")
    if not found["alarms"]:
        typer.echo("Nothing would have been alarmed.")
        for reason in why_nothing(found):
            typer.echo(reason)


def _waited(client: Client, job_id: str) -> Any:
    while True:
        job = client.get(f"/jobs/{named(job_id)}")
        if job["status"] in ("failed", "cancelled"):
            raise fail(f"the backtest is {job['status']}: {job['error'] or 'by somebody'}")
        if job["status"] == "done":
            return client.get(f"/monitors/backtest/{named(job_id)}")
        time.sleep(_POLL_S)


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(one)
        return
    learning = one["learning"]
    if learning is not None:
        how = f"{learning['more_results']} more results"
        missing = learning["hours_needed"] - learning["hours"]
        how += f", {missing:.0f} more hours" if missing > 0 else ""
    elif one["usual"] is None:
        how = ""
    else:
        now = one["last_day"]["mean"]
        how = f"usually {_rate(one, one['usual'])}, last day {'-' if now is None else _rate(one, now)}, "
        how += f"evidence {one['evidence']:.2g} of 1"
    typer.echo(f"{one['id']}\t{one['phase']}\t{one['name']}\t{how}")


def _rate(one: Mapping[str, Any], bad: float) -> str:
    share = 1 - bad if one["shown_as"] == "good" else bad
    return f"{100 * share:.1f} %"


def _hours(hours: float) -> str:
    if hours < 2:
        return f"{60 * hours:.0f} minutes"
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"
