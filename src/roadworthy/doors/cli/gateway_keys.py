"""routes keys, routes providers: what opens the gateway, and who serves models."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

keys = typer.Typer(no_args_is_help=True, help="Keys that agents show at the gateway.", rich_markup_mode=None)
providers = typer.Typer(no_args_is_help=True, help="Who serves models.", rich_markup_mode=None)

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id, from routes keys list.")]
Name = Annotated[str, typer.Argument(metavar="PROVIDER", help="Name of the provider.")]


@keys.command("create")
def create_key(
    agent: Annotated[str, typer.Option(help="Whose calls it makes.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    release: Annotated[str, typer.Option(help="Of this release alone.")] = "",
    routes: Annotated[
        list[str] | None, typer.Option("--route", help="It may ask for, repeatable; none: all.")
    ] = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Make a key for an agent. It is shown once, on standard output; only a hash of it is kept."""
    body = {"name": name or agent, "agent": agent, "release": release, "routes": routes or []}
    with asking(server=server, key=key, project=project) as client:
        _show(client.send("POST", "/gateway/keys", body=body), as_json=as_json)


@keys.command("list")
def list_keys(
    as_json: Json = False, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """List gateway keys, revoked ones too. Never their secrets."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/gateway/keys")["items"]
    for one in found:
        if as_json:
            typer.echo(json.dumps(one))
            continue
        state = f"revoked {one['revoked_at']}" if one["revoked_at"] else "live"
        may = ",".join(one["routes"]) or "all routes"
        whose = " ".join(filter(None, (one["agent"], one["release"])))
        typer.echo("\t".join((one["id"], state, whose, may, one["name"])))


@keys.command("rotate")
def rotate_key(
    key_id: KeyId,
    overlap_s: Annotated[
        float, typer.Option("--overlap", help="Seconds that the secret before it still works.")
    ] = 3600.0,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Make a new secret for a key. It is shown once."""
    with asking(server=server, key=key, project=project) as client:
        path = f"/gateway/keys/{named(key_id)}/rotate"
        _show(client.send("POST", path, body={"overlap_s": overlap_s}), as_json=as_json)


@keys.command("revoke")
def revoke_key(
    key_id: KeyId, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Refuse a key from now on; the gateway knows within two seconds."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/gateway/keys/{named(key_id)}")
    typer.echo(f"{key_id} is revoked")


@providers.command("list")
def list_providers(
    presets: Annotated[bool, typer.Option("--presets", help="Those that are known by name.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List providers."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/gateway/presets" if presets else "/gateway/providers")["items"]
    for one in found:
        if as_json:
            typer.echo(json.dumps(one))
        elif presets:
            typer.echo("\t".join((one["name"], one["title"], " ".join(one["bases"].values()))))
        else:
            _say_provider(one)
    if not found and not as_json:
        typer.echo("No providers. Add one: roadworthy routes providers add openai --preset openai --with-key")


@providers.command("add")
def add_provider(
    name: Name,
    preset: Annotated[str, typer.Option(help="A known one: routes providers list --presets.")] = "",
    base_url: Annotated[str, typer.Option(help="Where it answers: https://host/v1.")] = "",
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Ask for its key, or read it from input.")
    ] = False,
    key_variable: Annotated[
        str, typer.Option(help="The gateway's environment variable that holds its key.")
    ] = "",
    allow_private: Annotated[
        bool | None, typer.Option("--private/--public", help="Whether its address may be private.")
    ] = None,
    at_once: Annotated[int, typer.Option(help="Calls at once; 0: no bound.")] = 0,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Add a provider. Its key is asked for, so that it stands in no history, and sealed."""
    body = {
        "name": name,
        "preset": preset,
        "base_url": base_url,
        "key": _secret(name) if with_key else None,
        "key_variable": key_variable,
        "allow_private": allow_private,
        "at_once": at_once,
    }
    with asking(server=server, key=key, project=project) as client:
        _say_provider(client.send("POST", "/gateway/providers", body=body))


@providers.command("key")
def change_key(name: Name, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """Give a provider another key; asked for, or read from input."""
    with asking(server=server, key=key, project=project) as client:
        path = f"/gateway/providers/{named(name)}"
        held = client.get(path)
        names = ("bases", "headers", "allow_private", "at_once", "queue", "queue_wait_s", "breaking")
        body = {one: held[one] for one in names}
        body |= {"preset": held["preset"] or "", "key": _secret(name)}
        headers = set(held["key_header"].values())
        # One for all families was said; several are as the families have them.
        body |= {"key_header": headers.pop()} if len(headers) == 1 else {}
        _say_provider(client.send("PUT", path, body=body))


@providers.command("remove")
def remove_provider(
    name: Name, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Remove a provider. Not while a route goes to it."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/gateway/providers/{named(name)}")


def _secret(name: str) -> str:
    """Asked of a person; else the next line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(f"Key of {name}", hide_input=True, err=True))
    line = sys.stdin.readline().strip()
    if not line:
        raise fail("the key is expected as a line of standard input, which has none", code=2)
    return line


def _show(made: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(made))
        return
    typer.echo(made["secret"])
    url = made["base_url"]
    typer.echo(
        f"Key {made['id']} of {made['agent']}. The agent is pointed at the gateway with\n"
        f"  export OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY=<the key>\n"
        f"  export ANTHROPIC_BASE_URL={url} ANTHROPIC_API_KEY=<the key>\n"
        f"  export GOOGLE_GEMINI_BASE_URL={url} GEMINI_API_KEY=<the key>",
        err=True,
    )


def _say_provider(one: Mapping[str, Any]) -> None:
    key = f"key in {one['key_variable']}" if one["key_variable"] else "key" if one["has_key"] else "no key"
    urls = " ".join(one["bases"].values())
    typer.echo("\t".join((one["name"], urls, key, ", ".join(one["routes"]) or "no routes")))
