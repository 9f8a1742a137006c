"""connect: the systems that agents call."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.listing import one_line
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

app = typer.Typer(no_args_is_help=True, help="Systems that agents call.", rich_markup_mode=None)

Connector = Annotated[str, typer.Argument(metavar="CONNECTOR", help="Name of the connector.")]


@app.command("list")
def list_connectors(
    as_json: Json = False, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """List connectors."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/connectors")["items"]
    for one in found:
        row = (one["name"], one["kind"], one["title"], one["problem"] or ("" if one["enabled"] else "off"))
        _say(one, row, as_json=as_json)
    if not found and not as_json:
        typer.echo("No connectors. Declare them in YAML: roadworthy connect apply FILE")


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="YAML, one document a connector; - reads standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Enter or replace the connectors of a file, all or none. Secrets stand in it by name alone."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as fault:
        raise fail(f"{file}: {fault}", code=2) from None
    with asking(server=server, key=key, project=project) as client:
        answer = client.send("POST", "/connector-file", body={"yaml": text, "dry_run": dry_run})
        for one in answer["changes"]:
            typer.echo("\t".join((one["name"], one["change"], " ".join(one["fields"]))))
            for secret in one["dropped_secrets"]:
                typer.echo(f"  enter again: roadworthy connect secret {one['name']} {secret}", err=True)


@app.command()
def export(server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """Write all connectors as YAML, without secrets."""
    with asking(server=server, key=key, project=project) as client:
        typer.echo(client.get("/connector-file")["yaml"], nl=False)


@app.command()
def show(
    connector: Connector, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Show a connector, as JSON."""
    with asking(server=server, key=key, project=project) as client:
        typer.echo(json.dumps(client.get(f"/connectors/{named(connector)}"), indent=2, ensure_ascii=False))


@app.command()
def secret(
    connector: Connector,
    name: Annotated[str, typer.Argument(help="Name of the secret, as its settings have it.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Enter a secret; asked for, or read from input whole, so that it stands in no history."""
    if sys.stdin.isatty():
        value = str(typer.prompt(name, hide_input=True, err=True))
    else:
        value = sys.stdin.read().strip("\n")
    if not value:
        raise fail(f"{name}: expected it on standard input, which is empty", code=2)
    with asking(server=server, key=key, project=project) as client:
        client.send("PUT", f"/connectors/{named(connector)}/secrets/{named(name)}", body={"value": value})


@app.command()
def remove(
    connector: Connector, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Remove a connector with its secrets, dictionary and loaded tables."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/connectors/{named(connector)}")


@app.command()
def test(
    connector: Connector, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Reach the system once, and say how it went."""
    with asking(server=server, key=key, project=project) as client:
        answer = client.send("POST", f"/connectors/{named(connector)}/test")
    if not answer["ok"]:
        for line in answer["stderr"]:
            typer.echo(f"  {line}", err=True)
        raise fail(f"{connector}: {answer['said']}")
    typer.echo(f"{connector}: {answer['said']} ({answer['seconds']:g} s, {answer['tools']} tools)")


@app.command()
def tools(
    connector: Connector,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List the tools that agents get of it."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get(f"/connectors/{named(connector)}/tools")["items"]
    for one in found:
        marks = "" if one["read_only"] else "writes"
        _say(one, (one["name"], marks, one["description"]), as_json=as_json)


@app.command()
def call(
    connector: Connector,
    tool: Annotated[str, typer.Argument(help="Name of the tool.")],
    arguments: Annotated[str, typer.Argument(help="JSON object.")] = "{}",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Call a tool as an agent would; a failure is said as agents get it, and exits with 1."""
    try:
        given = json.loads(arguments)
    except ValueError as fault:
        raise fail(f"ARGUMENTS: no JSON: {fault}", code=2) from None
    with asking(server=server, key=key, project=project) as client:
        path = f"/connectors/{named(connector)}/tools/{named(tool)}"
        answer = client.send("POST", path, body={"arguments": given})
    if answer["failure"]:
        typer.echo(json.dumps(answer["failure"], indent=2, ensure_ascii=False), err=True)
        raise typer.Exit(1)
    shown = answer["structured"] if answer["structured"] is not None else answer["content"]
    typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))


@app.command()
def profile(
    connector: Connector,
    rows: Annotated[int, typer.Option(min=10, help="Rows sampled of each table.")] = 2_000,
    seconds: Annotated[float, typer.Option(help="Time for each table.")] = 30.0,
    table: Annotated[list[str] | None, typer.Option(help="Only these, with * and ?; repeatable.")] = None,
    background: Annotated[bool, typer.Option("--background", help="Do not wait for it.")] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Sample a system and write its data dictionary: types, units, keys, joins, meanings, personal data."""
    body = {"rows": rows, "seconds": seconds, "tables": table or []}
    with asking(server=server, key=key, project=project) as client:
        job = client.send("POST", f"/connectors/{named(connector)}/dictionary/profile", body=body)
        if background:
            typer.echo(job["id"])
            return
        job = _awaited(client, job)
        if job["status"] != "done":
            raise fail(f"{connector}: {job['status']} {job['error'] or ''}")
        found = client.get(f"/connectors/{named(connector)}/dictionary")
    fields = [one for each in found["tables"] for one in each["fields"]]
    typer.echo(
        f"{connector}: {len(found['tables'])} tables, {len(fields)} fields, {len(found['joins'])} joins, "
        f"{sum(bool(one['pii']) for one in fields)} with personal data, {len(found['drift'])} changes"
    )


def _awaited(client: Client, job: dict[str, Any]) -> dict[str, Any]:
    said = ""
    while job["status"] in ("waiting", "running"):
        time.sleep(0.3)
        job = client.get(f"/jobs/{job['id']}")
        now = f"{job['done']} of {job['total'] or '?'} {job['unit']}"
        if now != said and sys.stderr.isatty():
            typer.echo(now, err=True)
        said = now
    return job


@app.command()
def dictionary(
    connector: Connector,
    table: Annotated[str, typer.Argument(help="One table; all, if left out.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show what its fields mean."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get(f"/connectors/{named(connector)}/dictionary")
    for one in found["tables"]:
        if table and one["name"] != table:
            continue
        for field in one["fields"]:
            notes = [field["unit"], field["key"], f"PII {field['pii']}" if field["pii"] else ""]
            row = (
                one["name"],
                field["name"],
                field["type"],
                field["description"] or field["meaning"],
                ", ".join(note for note in notes if note),
            )
            _say({"table": one["name"], **field}, row, as_json=as_json)


@app.command()
def loads(
    connector: Connector,
    now: Annotated[bool, typer.Option("--now", help="Look at the source now.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show the tables of batch files, how fresh they are, and what was delivered."""
    with asking(server=server, key=key, project=project) as client:
        path = f"/connectors/{named(connector)}/loads"
        found = client.send("POST", path) if now else client.get(path)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["tables"]:
        state = "stale" if one["stale"] else "fresh"
        typer.echo(
            "\t".join((one["name"], f"{one['rows']} rows", f"version {one['version']}", state, one["said"]))
        )
    for one in found["deliveries"]:
        bad = f"{one['bad_rows']} bad rows" if one["bad_rows"] else ""
        typer.echo(
            "\t".join((one["table"], one["file"], one["state"], f"{one['rows']} rows", bad, one["reason"]))
        )


def _say(one: Mapping[str, Any], row: tuple[str, ...], *, as_json: bool) -> None:
    typer.echo(json.dumps(one) if as_json else "\t".join(one_line(part) for part in row))
