"""agents: who owns which agent; read from files, written to one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.listing import say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Limit, Project, Server

app = typer.Typer(no_args_is_help=True, help="Agents and who owns them.", rich_markup_mode=None)

Agent = Annotated[str, typer.Argument(metavar="AGENT", help="Name, as the agent's runs have it.")]
_LONGEST = 2_000_000


@app.command("list")
def list_agents(
    stage: Annotated[
        list[str] | None,
        typer.Option(
            help="discovered, pilot, canary, production, retired; repeatable; default: all but retired."
        ),
    ] = None,
    lacks: Annotated[
        list[str] | None,
        typer.Option(help="registration, owner, on_call, gap, runbook, objective, tier, proof; repeatable."),
    ] = None,
    team: Annotated[str, typer.Option(help="Of this team.")] = "",
    trials: Annotated[bool, typer.Option("--trials", help="Those of drills and reruns, too.")] = False,
    limit: Limit = 200,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List registered agents and those only seen in traffic, with what they lack."""
    asked = {
        "stage": stage or None,
        "lacks": lacks or None,
        "team": team or None,
        "trials": "true" if trials else None,
    }
    with asking(server=server, key=key, project=project) as client:
        found = list(client.pages("/registry/agents", asked, limit=limit))

    for agent in found:
        if as_json:
            say_json(agent)
            continue
        owner = " ".join(one for one in (agent["team"], agent["owner"]) if one) or "nobody owns it"
        lacking = f"lacks {', '.join(agent['lacks'])}" if agent["lacks"] else "lacks nothing"
        tier = f"tier {agent['tier']}" if agent["tier"] else "no tier"
        typer.echo("\t".join((agent["name"], agent["stage"], owner, tier, lacking)))
    if not found and not as_json:
        typer.echo("No agents. Point one here, or register one: roadworthy agents set NAME --team TEAM")


@app.command()
def show(
    agent: Agent,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show one agent: owner, on-call, what it lacks, who changed it."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get(f"/registry/agents/{named(agent)}")
        changes = client.get("/registry/history", {"kind": "agent", "name": agent})["items"]

    if as_json:
        say_json({"agent": found, "history": changes})
        return
    for line in _agent_lines(found):
        typer.echo(line)
    for change in changes[:10]:
        fields = ", ".join(
            f"{one['field']} {_said(one['before'])} → {_said(one['after'])}" for one in change["fields"]
        )
        typer.echo(f"{change['action']}\t{change['at']}\t{change['by']} ({change['source']})\t{fields}")


@app.command("set")
def set_agent(
    agents: Annotated[list[str], typer.Argument(metavar="AGENT", help="One or several.")],
    team: Annotated[str | None, typer.Option(help='Team that owns it; "" for none.')] = None,
    owner: Annotated[str | None, typer.Option(help="Person who answers for it.")] = None,
    schedule: Annotated[str | None, typer.Option(help="On-call schedule; default: the team's.")] = None,
    policy: Annotated[str | None, typer.Option(help="Escalation policy; default: the project's.")] = None,
    runbook: Annotated[str | None, typer.Option(help="URL.")] = None,
    tier: Annotated[str | None, typer.Option(help="1 to 4.")] = None,
    stage: Annotated[str | None, typer.Option(help="pilot, canary, production or retired.")] = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Register agents, or change what is given. All of them or none."""
    given = {
        "team": team,
        "owner": owner,
        "schedule": schedule,
        "policy": policy,
        "runbook": runbook,
        "tier": tier,
        "stage": stage,
    }
    change = {name: value for name, value in given.items() if value is not None}
    with asking(server=server, key=key, project=project) as client:
        saved = client.send("PATCH", "/registry/agents", body={"agents": agents, "change": change})
    said = ", ".join(f"{field} {_said(value)}" for field, value in change.items())
    for name in saved["items"]:
        typer.echo(f"{name}: {said or 'registered'}")


@app.command("import")
def import_agents(
    file: Annotated[
        Path, typer.Argument(help="catalog-info.yaml, CODEOWNERS or a CSV; - is standard input.")
    ],
    form: Annotated[
        Literal["backstage", "codeowners", "csv"] | None,
        typer.Option("--format", help="Default: by the file's name."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without, only show what would change.")
    ] = False,
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Take what has no faults; without, nothing while there are some."),
    ] = False,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="Backstage: a component type that is an agent; repeatable."),
    ] = None,
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--path", help="CODEOWNERS: AGENT=PATH in the repository; repeatable.", metavar="AGENT=PATH"
        ),
    ] = None,
    template: Annotated[str, typer.Option(help="CODEOWNERS: where agents live, like agents/{agent}/.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Read agents and owners from a Backstage catalogue, a CODEOWNERS file or a CSV."""
    body = {
        "format": form or _form(file),
        "text": _read(file),
        "dry_run": not apply,
        "partial": partial,
        "types": types or [],
        "paths": dict(_path(one) for one in paths or []),
        "template": template,
    }
    with asking(server=server, key=key, project=project) as client:
        told = client.send("POST", "/registry/import", body=body)
    if as_json:
        say_json(told)
    else:
        _tell(told, applied=apply)
    if told["faults"]:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[str, typer.Argument(help="Where to; - is standard output.")] = "-",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Write all registered agents as CSV, as import reads them."""
    with (
        asking(server=server, key=key, project=project) as client,
        client.open("GET", "/registry/export.csv") as answer,
    ):
        table: bytes = answer.read()
    if file == "-":
        sys.stdout.buffer.write(table)
        return
    try:
        Path(file).write_bytes(table)
    except OSError as error:
        raise fail(f"cannot write {file}: {error.strerror or error}") from None


def _agent_lines(agent: Mapping[str, Any]) -> list[str]:
    seen = agent["seen"]
    proof = agent["proof"]
    return [
        f"{agent['name']}\t{agent['stage']}" + (f"\ttier {agent['tier']}" if agent["tier"] else ""),
        f"team\t{agent['team'] or '–'}",
        f"owner\t{agent['owner'] or '–'}",
        f"schedule\t{agent['effective_schedule'] or '–'}",
        f"policy\t{agent['effective_policy'] or '–'}",
        f"runbook\t{agent['runbook'] or '–'}",
        f"traffic\t{seen['runs']} runs, last {seen['last_started_at']}"
        if seen
        else "traffic\tnone in 30 days",
        f"test page\tacknowledged {proof['acknowledged_at']} by {proof['by']}"
        if proof
        else "test page\tnever",
        f"lacks\t{', '.join(agent['lacks']) or 'nothing'}",
        *on_call_lines(agent["on_call"]),
    ]


def on_call_lines(on_call: Mapping[str, Any]) -> list[str]:
    lines = []
    for level in on_call["levels"]:
        for one in level["responders"]:
            who = one["person"] or f"channel {one['channel']}"
            reached = ", ".join((*one["channels"], *([one["email"]] if one["email"] else [])))
            lines.append(f"level {level['number']}\t{who}\t{reached or '–'}\t{one['why']}")
        lines.append(
            f"  after {level['timeout_seconds'] / 60:g} min without an acknowledgement the next level"
        )
    if lines:
        again = f"all again, {on_call['repeat']} times" if on_call["repeat"] else "nobody"
        lines[-1] = lines[-1].replace("the next level", again)
    if on_call["gap"]:
        lines.append(f"gap\t{on_call['gap']}")
    return lines


def _tell(told: Mapping[str, Any], *, applied: bool) -> None:
    for change in told["changes"]:
        typer.echo(f"{change['action']} {change['kind']} {change['name']}\t{change['where']}")
        for one in change["fields"]:
            if change["action"] == "changed" or one["field"] != "name":
                typer.echo(f"  {one['field']}: {_said(one['before'])} → {_said(one['after'])}")
    for note in told["notes"]:
        typer.echo(f"note: {note}", err=True)
    for fault in told["faults"]:
        field = f" {fault['field']}:" if fault["field"] else ""
        typer.echo(f"fault: {fault['where']}:{field} expected {fault['expected']}", err=True)
    count = f"{len(told['changes'])} changes, {told['unchanged']} unchanged, {len(told['faults'])} faults"
    if told["applied"]:
        typer.echo(f"{count}: done")
    elif applied:
        typer.echo(f"{count}: nothing was taken; mend the faults, or take the rest with --partial")
    else:
        typer.echo(f"{count}: nothing was taken; do it with --apply")


def _said(value: object) -> str:
    return "–" if value in (None, "", [], {}) else str(value)


def _form(file: Path) -> str:
    name = file.name.casefold()
    if name == "codeowners":
        return "codeowners"
    found = {".yaml": "backstage", ".yml": "backstage", ".csv": "csv"}.get(file.suffix.casefold())
    if found is None:
        raise fail(
            f"{file}: cannot tell the format from its name; say --format backstage, codeowners or csv", code=2
        )
    return found


def _read(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read(_LONGEST * 4) if str(file) == "-" else file.read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise fail(f"cannot read {file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise fail(f"{file}: expected UTF-8; byte {error.start} is none") from None


def _path(given: str) -> tuple[str, str]:
    agent, equals, path = given.partition("=")
    if not equals or not agent:
        raise fail(f"--path: {given!r} is no AGENT=PATH", code=2)
    return agent, path
