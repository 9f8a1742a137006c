"""incidents: what is wrong, who has it, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client
from roadworthy.doors.cli.listing import one_line, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, From, Json, Key, Limit, Project, Server

app = typer.Typer(
    no_args_is_help=True, help="What is wrong, who has it, what was done.", rich_markup_mode=None
)

Number = Annotated[str, typer.Argument(metavar="INCIDENT", help="Number or id of the incident.")]
Note = Annotated[str, typer.Option("--note", "-m", help="Why, for the timeline.")]
Severity = Literal["critical", "error", "warning", "info"]


@app.command("list")
def list_incidents(
    state: Annotated[
        list[str] | None,
        typer.Option(
            help="open, acknowledged, mitigated, resolved, reopened; repeatable; default: all but resolved."
        ),
    ] = None,
    agent: Annotated[str, typer.Option(help="Of this agent.")] = "",
    from_: From = None,
    tests: Annotated[bool, typer.Option("--tests", help="Test pages, too.")] = False,
    limit: Limit = 20,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List incidents, newest first; of test pages, with --tests."""
    asked = {
        "state": state or None,
        "agent": agent or None,
        "from": from_,
        "tests": "true" if tests else None,
    }
    with asking(server=server, key=key, project=project) as client:
        found = list(client.pages("/incidents", asked, limit=min(limit, 500)))
    for one in found:
        _say(one, as_json=as_json)
    if not found and not as_json:
        typer.echo("No incidents.")


@app.command()
def show(
    incident: Number,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show an incident with its timeline: what changed just before, who was told, who did what."""
    with asking(server=server, key=key, project=project) as client:
        one = client.get(f"/incidents/{named(incident)}")
        timeline = client.get(f"/incidents/{one['id']}/timeline")["items"]
    if as_json:
        _say({**one, "timeline": timeline}, as_json=True)
        return
    _say(one, as_json=False)
    for line in _details(one):
        typer.echo(line)
    for entry in timeline:
        by = f" ({entry['by']})" if entry["by"] else ""
        typer.echo(f"{entry['at']}\t{entry['kind']}\t{one_line(entry['text'])}{by}")


@app.command("open")
def open_incident(
    title: Annotated[str, typer.Argument(help="What is wrong, in one line.")],
    agent: Annotated[list[str] | None, typer.Option(help="Agent it is about; repeatable.")] = None,
    severity: Annotated[Severity, typer.Option(help="How bad.")] = "error",
    note: Note = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Open an incident: whoever is on call for its agents is told."""
    body = {"title": title, "agents": agent or [], "severity": severity, "text": note}
    with asking(server=server, key=key, project=project) as client:
        _say(client.send("POST", "/incidents", body=body), as_json=False)


@app.command("ack")
def acknowledge(
    incident: Number,
    note: Note = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say that you have it: nobody further is told."""
    _act("acknowledge", incident, note, server=server, key=key, project=project)


@app.command()
def mitigate(
    incident: Number,
    note: Note = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say that users are no longer hurt; the cause is still there."""
    _act("mitigate", incident, note, server=server, key=key, project=project)


@app.command()
def resolve(
    incident: Number,
    note: Note = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say that it is over."""
    _act("resolve", incident, note, server=server, key=key, project=project)


@app.command()
def reopen(
    incident: Number,
    note: Note = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say that it is not over: it escalates again."""
    _act("reopen", incident, note, server=server, key=key, project=project)


@app.command("note")
def add_note(
    incident: Number,
    text: Annotated[str, typer.Argument(help="What you found out.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Write into the timeline."""
    with asking(server=server, key=key, project=project) as client:
        client.send("POST", f"/incidents/{named(incident)}/notes", body={"text": text})


@app.command()
def postmortem(
    incident: Number, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Print the postmortem, or its draft, in Markdown."""
    with asking(server=server, key=key, project=project) as client:
        typer.echo(client.get(f"/incidents/{named(incident)}/postmortem")["markdown"], nl=False)


@app.command("test-page")
def test_page(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Page whoever is on call: acknowledging it proves that the chain works."""
    with asking(server=server, key=key, project=project) as client:
        _say(client.send("POST", f"/agents/{named(agent)}/test-page"), as_json=False)


@app.command()
def figures(
    from_: From = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show how fast incidents are detected, taken and mended, by agent and team."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/incidents/figures", {"from": from_})
    if as_json:
        _say(found, as_json=True)
        return
    rows = [("all", found["all"])]
    rows += [(f"agent {one['name']}", one) for one in found["agents"]]
    rows += [(f"team {one['name']}", one) for one in found["teams"]]
    for name, row in rows:
        times = [f"{word} {_length(row[field])}" for word, field in _TIMES]
        typer.echo("\t".join([name, f"{row['incidents']} incidents", *times]))


_TIMES = (("MTTD", "detect"), ("MTTA", "acknowledge"), ("MTTR", "resolve"))


def _act(what: str, incident: str, note: str, *, server: str, key: str | None, project: str | None) -> None:
    with asking(server=server, key=key, project=project) as client:
        _say(_acted(client, what, incident, note), as_json=False)


def _acted(client: Client, what: str, incident: str, note: str) -> Any:
    return client.send("POST", f"/incidents/{named(incident)}/{what}", body={"note": note})


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(one)
        return
    agents = ", ".join(one["agents"][:3]) + (" ..." if len(one["agents"]) > 3 else "")
    who = one["assignee"] or ("NOBODY COULD BE TOLD" if one["escalation"]["unheard"] else "–")
    row = (f"#{one['number']}", one["state"], one["severity"], agents or "–", one_line(one["title"]), who)
    typer.echo("\t".join((*row, one["opened_at"])))


def _details(one: Mapping[str, Any]) -> list[str]:
    impact = one["impact"]
    lines = []
    if impact:
        users = "unknown" if impact["users"] is None else impact["users"]
        lines.append(f"impact\t{impact['failed']} of {impact['runs']} runs failed, users {users}")
    named_ones = ("began_at", "why_joined", "silenced_until", "runbook", "owner")
    lines += [f"{name.replace('_', ' ')}\t{one[name]}" for name in named_ones if one[name]]
    return lines + [f"run\troadworthy run {run}" for run in one["run_ids"][:5]]


def _length(times: Mapping[str, Any]) -> str:
    if times["median_s"] is None:
        return "– (n 0)"
    return f"{times['median_s'] / 60:.1f} min (n {times['n']})"
