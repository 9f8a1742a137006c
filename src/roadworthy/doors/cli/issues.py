"""issues: failing runs in groups, what is known of one, and what is decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.listing import one_line, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, From, Json, Key, Limit, Project, Server

_DEEDS = {
    "first_seen": "first seen",
    "regressed": "came back",
    "reopened": "opened again",
    "woken": "no longer muted",
}


def issues(
    issue_id: Annotated[str | None, typer.Argument(metavar="ID", help="One issue, whole.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="open, muted, resolved, regressed; repeatable; default: open and regressed."),
    ] = None,
    agent: Annotated[str, typer.Option(help="Of this agent.")] = "",
    mode: Annotated[str, typer.Option(help="Of this failure mode, such as mast-3.1.")] = "",
    set_: Annotated[
        Literal["open", "muted", "resolved"] | None, typer.Option("--set", help="With ID: how it stands now.")
    ] = None,
    assign: Annotated[
        str | None, typer.Option(metavar="WHO", help="With ID: who has it; '' for nobody.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="With --set muted: RFC 3339 or +7d.")] = None,
    release: Annotated[
        str | None, typer.Option(help="With --set resolved: only this release can bring it back.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why, for its history.")] = "",
    from_: From = None,
    limit: Limit = 20,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List failing runs in groups, last seen first; or show one, and change it with --set and --assign."""
    wanted = {"state": set_, "assignee": assign, "mute_until": until, "resolved_in_release": release}
    change = {name: value for name, value in wanted.items() if value is not None}
    if (change or reason) and not issue_id:
        raise fail("which issue? Give its ID.", code=2)
    if reason and not change:
        raise fail("--reason goes with --set or --assign", code=2)
    with asking(server=server, key=key, project=project) as client:
        if issue_id:
            _one(
                client,
                issue_id,
                change={**change, "reason": reason} if change else {},
                as_json=as_json,
                since=from_,
            )
            return
        asked = {"state": state or None, "agent": agent or None, "mode": mode or None, "from": from_}
        found = list(client.pages("/issues", asked, limit=min(limit, 500)))
    for issue in found:
        _say(issue, as_json=as_json)
    if not found and not as_json:
        typer.echo("No issues.")


def _one(
    client: Client, issue_id: str, *, change: Mapping[str, str], as_json: bool, since: str | None
) -> None:
    path = f"/issues/{named(issue_id)}"
    if change:
        client.send("PATCH", path, body=dict(change))
    issue = client.get(path, {"from": since})
    _say(issue, as_json=as_json)
    if as_json:
        return
    if issue["assignee"]:
        typer.echo(f"  {one_line(issue['assignee'])} has it")
    for one in issue["releases"]:
        typer.echo(f"  release {one_line(one['release']) or 'unknown'}: {one['runs']} runs")
    for step in issue["history"]:
        typer.echo(f"  {_step(step)}")
    for run_id in issue["representative_run_ids"]:
        typer.echo(f"  roadworthy run {run_id}")


def _say(issue: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(issue)
        return
    parts = (
        issue["id"],
        issue["state"],
        f"{issue['runs']} runs",
        one_line(issue["agent"]) or "–",
        one_line(issue["title"]),
        f"last {issue['last_seen'] or '–'}",
    )
    typer.echo("\t".join(parts))


def _step(step: Mapping[str, Any]) -> str:
    """Of the history: when, what, by whom and why."""
    what = _DEEDS.get(step["deed"], step["deed"])
    if step["deed"] == "assigned":
        what = f"assigned to {one_line(step['to']) or 'nobody'}"
    more = [
        f"in release {one_line(step['release'])}" if step["release"] else "",
        f"until {step['until']}" if step["until"] else "",
        f"by {one_line(step['by'])}" if step["by"] else "",
    ]
    reason = f": {one_line(step['reason'])}" if step["reason"] else ""
    return " ".join((step["at"], what, *(one for one in more if one))) + reason
