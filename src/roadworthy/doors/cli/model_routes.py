"""routes: what agents ask the gateway for, who serves it, and the keys that open it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.listing import one_line
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

app = typer.Typer(
    no_args_is_help=True, help="Routes to models at the gateway, providers and keys.", rich_markup_mode=None
)

Route = Annotated[
    str, typer.Argument(metavar="ROUTE", help="Id or name of the route (name@agent@release where needed).")
]
TEST_S = 90.0


@app.command("list")
def list_routes(
    as_json: Json = False, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """List routes: what agents ask for, and which models answer."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/gateway/routes")["items"]
    for one in found:
        _say(one, as_json=as_json)
    if not found and not as_json:
        typer.echo("No routes. Add one: roadworthy routes add planner --to openai/gpt-5")


@app.command()
def show(
    route: Route,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show a route whole, as JSON, with how its upstreams are."""
    with asking(server=server, key=key, project=project) as client:
        found = _of(client, route)
        health = client.get("/gateway/health")
    asked = {f"{one['provider']}/{one['model']}" for one in found["targets"] if one["provider"]}
    found["upstreams"] = [one for one in health["upstreams"] if one["upstream"] in asked]
    typer.echo(json.dumps(found, indent=2))


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What agents send as model: planner.")],
    to: Annotated[
        list[str],
        typer.Option("--to", help="PROVIDER/MODEL, or the name of a route; repeatable: fallbacks, in order."),
    ],
    agent: Annotated[str, typer.Option(help="For this agent alone.")] = "",
    release: Annotated[str, typer.Option(help="For this release of it alone.")] = "",
    models: Annotated[
        list[str] | None,
        typer.Option("--models", help="Model names it answers to as well, repeatable: 'gpt-*'."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=JSON pinned in each request, repeatable: temperature=0."),
    ] = None,
    retries: Annotated[int, typer.Option(help="Further tries at one target.")] = 2,
    first_byte_s: Annotated[float, typer.Option("--first-byte", help="Seconds to the first token.")] = 60.0,
    total_s: Annotated[float, typer.Option("--total", help="Seconds for all of it; 0: no end.")] = 600.0,
    hedge: Annotated[str, typer.Option(help="A second try after p95, or so many ms.")] = "",
    cache_s: Annotated[float, typer.Option("--cache", help="Seconds an answer is given again.")] = 0.0,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Add a route. It holds at the gateway within two seconds."""
    pinned = _parameters(parameter or [])
    body = {
        "name": name,
        "agent": agent,
        "release": release,
        "models": models or [],
        "targets": [_target(one, pinned) for one in to],
        "waits": {"first_byte_s": first_byte_s, "total_s": total_s or None},
        "retries": {"most": retries},
        "hedge": hedge,
        "cache_s": cache_s,
    }
    with asking(server=server, key=key, project=project) as client:
        _say(client.send("POST", "/gateway/routes", body=body), as_json=False)


@app.command()
def test(
    route: Route,
    model: Annotated[str, typer.Option(help="For a route that passes on what it is asked.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Call each target once, and say who answered; it costs a few tokens. Fails where the first one does."""
    with asking(server=server, key=key, project=project) as client:
        path = f"/gateway/routes/{_of(client, route)['id']}/test"
        body = json.dumps({"model": model}).encode()
        with client.open("POST", path, data=body, kind="application/json", timeout=TEST_S) as answer:
            tested = json.load(answer)
    for one in tested["targets"]:
        if as_json:
            typer.echo(json.dumps(one))
            continue
        state = "ok" if one["ok"] else "FAILED"
        who = f"answered as {one['answered']}" if one["answered"] else one_line(one["said"], width=200)
        status = f"HTTP {one['status']}" if one["status"] else "no answer"
        typer.echo("\t".join((one["upstream"], state, status, f"{one['elapsed_ms']:.0f} ms", who)))
    if not tested["ok"]:
        raise typer.Exit(1)


@app.command()
def remove(route: Route, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """Remove a route. Not while another falls back to it."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/gateway/routes/{_of(client, route)['id']}")


@app.command("export")
def export_routes(server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """Write all providers and routes as YAML, without keys."""
    with (
        asking(server=server, key=key, project=project) as client,
        client.open("GET", "/gateway/routes.yaml") as answer,
    ):
        typer.echo(answer.read().decode(), nl=False)


@app.command("import")
def import_routes(
    file: Annotated[Path, typer.Argument(help="YAML as export writes it; - for standard input.")],
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without, only say what would change.")
    ] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Take providers and routes from a file, all or none. What is not in it stays."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as fault:
        raise fail(f"{file}: cannot be read: {fault}", code=2) from None
    with asking(server=server, key=key, project=project) as client:
        done = client.send("POST", "/gateway/routes/import", body={"text": text, "dry_run": not apply})
    for one in done["changes"]:
        typer.echo("\t".join((one["what"], one["kind"], one["name"])))
    for name in done["without_key"]:
        typer.echo(f"Provider {name} has no key: roadworthy routes providers key {name}", err=True)
    if not apply and any(one["what"] != "same" for one in done["changes"]):
        typer.echo("Nothing was changed. Do it with --apply.", err=True)


def _target(text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    provider, slash, model = text.partition("/")
    if not slash:
        return {"route": text}
    return {"provider": provider, "model": model, "parameters": dict(parameters)}


def _parameters(given: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name:
            raise fail(f"--set {one}: expected NAME=JSON", code=2)
        try:
            made[name] = json.loads(value)
        except ValueError:
            made[name] = value  # a word without quotes is meant as text
    return made


def _of(client: Client, route: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = client.get("/gateway/routes")["items"]
    name, _, scope = route.partition("@")
    agent, _, release = scope.partition("@")
    for one in found:
        if one["id"] == route:
            return one
    fitting = [one for one in found if one["name"] == name]
    if scope:
        fitting = [
            one for one in fitting if ((one["agent"] or ""), (one["release"] or "")) == (agent, release)
        ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ways = ", ".join(
            "@".join(filter(None, (one["name"], one["agent"], one["release"]))) for one in fitting
        )
        raise fail(f"several routes {route!r}: say which by its id, or one of {ways}", code=2)
    raise fail(f"no route {route!r}")


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(one))
        return
    whose = " ".join(filter(None, (one["agent"], one["release"]))) or "every agent"
    targets = " > ".join(
        target["route"] or f"{target['provider']}/{target['model'] or '*'}" for target in one["targets"]
    )
    notes = ["off"] if not one["enabled"] else []
    notes += [f"also {', '.join(one['models'])}"] if one["models"] else []
    typer.echo("\t".join((one["id"], one["name"], whose, targets, *notes)))
