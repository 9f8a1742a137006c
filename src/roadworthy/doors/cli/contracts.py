"""contracts: what tools have promised, what drifted, pin and accept; and grants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Limit, Project, Server

app = typer.Typer(no_args_is_help=True, help="Contracts of tools: pinned, drifted.", rich_markup_mode=None)
grants = typer.Typer(no_args_is_help=True, help="Which agent may call which tool.", rich_markup_mode=None)

Tool = Annotated[str, typer.Argument(metavar="CONNECTOR.TOOL", help="Like crm.find_customer.")]
Reason = Annotated[str, typer.Option(help="Kept with the version.")]
Schema = Annotated[Path | None, typer.Option(help="JSON Schema from a file.", metavar="FILE")]
_TERMS = ("max_age_s", "age_field", "latency_ms", "max_bytes", "idempotent", "empty_rate", "refuse_changed")


@app.command("list")
def list_contracts(
    connector: Annotated[str, typer.Option(help="Of this connector.")] = "",
    drifted: Annotated[bool, typer.Option("--drifted", help="Only those that drifted.")] = False,
    limit: Limit = 100,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List tools with what is pinned and what drifted."""
    asked = {"connector": connector or None, "drifted": "true" if drifted else None}
    with asking(server=server, key=key, project=project) as client:
        found = list(client.pages("/contracts", asked, limit=min(limit, 500)))
    for one in found[:limit]:
        _say(one, as_json=as_json)
    if not found and not as_json:
        typer.echo(
            "Nothing drifted." if drifted else "No tools seen yet: agents call them at the gateway's /mcp."
        )


@app.command()
def show(
    tool: Tool,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show one contract: schemas, terms, drifts."""
    with asking(server=server, key=key, project=project) as client:
        one = client.get(_path(tool))
    _say(one, as_json=as_json)
    if as_json:
        return
    for name, value in one["terms"].items():
        if value not in (None, "", False):
            typer.echo(f"term\t{name}\t{value}")
    version = one["version"] or {}
    for name in ("arguments", "result"):
        schema = version.get(name) or (one["learned"] or {}).get(name)
        kind = "pinned" if version.get(name) else "learned"
        typer.echo(f"{name}\t{kind}\t{json.dumps(schema, ensure_ascii=False)}")
    for drift in one["drifts"]:
        _say_drift(drift)


@app.command()
def diff(
    tool: Tool,
    against: Annotated[
        int | None, typer.Option(help="An earlier version; default: what is seen now.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="List the versions instead.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say what changed, one line for each change; ! breaks readers."""
    with asking(server=server, key=key, project=project) as client:
        if history:
            for version in client.get(f"{_path(tool)}/history")["items"]:
                typer.echo(
                    json.dumps(version)
                    if as_json
                    else f"{version['number']}\t{version['pinned']}\t{version['by']}\t{version['reason']}"
                )
            return
        found = client.get(f"{_path(tool)}/diff", {"against": str(against) if against is not None else None})
    if as_json:
        typer.echo(json.dumps(found))
        return
    changes = [*found["declared"], *found["arguments"], *found["result"]]
    for one in changes:
        typer.echo(f"{'!' if one['breaking'] else ' '} {one['path']}\t{one['what']}")
    if not changes:
        typer.echo("As it was pinned.")


@app.command()
def pin(
    tool: Tool,
    arguments: Schema = None,
    result: Schema = None,
    enforce: Annotated[bool, typer.Option("--enforce", help="Enforce it from now on.")] = False,
    reason: Reason = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Pin what traffic suggests, or the schemas given."""
    body: dict[str, Any] = {"reason": reason, "mode": "enforce" if enforce else None}
    for name, file in (("arguments", arguments), ("result", result)):
        if file is not None:
            body[name] = _read(file)
    with asking(server=server, key=key, project=project) as client:
        _say(client.send("POST", f"{_path(tool)}/pin", body=body), as_json=as_json)


@app.command()
def accept(
    tool: Tool,
    reason: Reason = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Accept what drifted: pinned anew, alarms over."""
    with asking(server=server, key=key, project=project) as client:
        _say(client.send("POST", f"{_path(tool)}/accept", body={"reason": reason}), as_json=as_json)


@app.command("set")
def set_terms(
    tool: Tool,
    mode: Annotated[
        Literal["observe", "enforce"] | None, typer.Option(help="Only find, or refuse what breaks it.")
    ] = None,
    term: Annotated[
        list[str] | None,
        typer.Option("--term", "-t", help=f"NAME=VALUE, VALUE empty for none: {', '.join(_TERMS)}."),
    ] = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Set the mode, and what is demanded besides shapes."""
    asked = dict(_term(one) for one in term or [])
    with asking(server=server, key=key, project=project) as client:
        body: dict[str, Any] = {"mode": mode}
        if asked:
            # Terms may be set before a tool was ever seen: then there is nothing to keep.
            held = client.pages("/contracts", {"connector": tool.partition(".")[0]}, limit=500)
            before: dict[str, Any] = next((one["terms"] for one in held if one["name"] == tool), {})
            body["terms"] = {**before, **asked}
        _say(client.send("PATCH", _path(tool), body=body), as_json=as_json)


@grants.command("list")
def list_grants(
    agent: Annotated[str, typer.Option(help="Of this agent.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List which agent may call which tool."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/tool-grants", {"agent": agent or None})["items"]
    for one in found:
        release = one["release"] or "every release"
        shown = f"{one['id']}\t{one['agent']}\t{release}\t{one['pattern']}"
        typer.echo(json.dumps(one) if as_json else shown)
    if not found and not as_json:
        typer.echo("No grants: agents see no tools. Add one: roadworthy grants add AGENT 'crm.*'")


@grants.command("add")
def add_grant(
    agent: Annotated[str, typer.Argument(help="Name of the agent.")],
    pattern: Annotated[str, typer.Argument(help="connector.tool; * for any part.")],
    release: Annotated[str, typer.Option(help="For this release, which then has its own grants alone.")] = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Let an agent see and call tools."""
    body = {"agent": agent, "pattern": pattern, "release": release}
    with asking(server=server, key=key, project=project) as client:
        typer.echo(client.send("POST", "/tool-grants", body=body)["id"])


@grants.command("remove")
def remove_grant(
    grant_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the grant.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Take a grant back."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/tool-grants/{named(grant_id)}")


def _path(tool: str) -> str:
    connector, dot, name = tool.partition(".")
    if not (connector and dot and name):
        raise fail(f"{tool!r}: expected CONNECTOR.TOOL, like crm.find_customer", code=2)
    return f"/contracts/{named(connector)}/{named(name)}"


def _term(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or name not in _TERMS:
        raise fail(f"--term {text}: expected NAME=VALUE, NAME one of {', '.join(_TERMS)}", code=2)
    if name == "age_field":
        return name, value
    if not value:
        return name, False if name == "refuse_changed" else None
    try:
        return name, json.loads(value)
    except ValueError:
        raise fail(f"--term {name}: expected a number, true or false, not {value!r}", code=2) from None


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise fail(f"{file}: expected a JSON Schema: {error}", code=2) from None


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(one))
        return
    version = f"version {one['pinned_version']}" if one["pinned_version"] else f"{one['exchanges']} exchanges"
    drifts = ", ".join(f"{drift['kind']} ({drift['count']})" for drift in one["drifts"])
    typer.echo(f"{one['name']}\t{one['status']}\t{one['mode']}\t{version}\t{drifts}")


def _say_drift(drift: Mapping[str, Any]) -> None:
    typer.echo(f"drift\t{drift['kind']}\tsince {drift['first']}\t{drift['count']} times")
    for change in drift["changes"]:
        typer.echo(f"  {'!' if change['breaking'] else ' '} {change['path']}\t{change['what']}")
