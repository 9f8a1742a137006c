"""channels, silences: who is told of incidents, and when nobody is."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.listing import one_line, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

app = typer.Typer(no_args_is_help=True, help="Where incidents are told.", rich_markup_mode=None)
silences = typer.Typer(
    no_args_is_help=True, help="When alarms tell nobody; maintenance windows.", rich_markup_mode=None
)

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="Id or name of the channel.")]
_TRIED_S = 15.0


@app.command("list")
def list_channels(
    as_json: Json = False, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """List channels."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/channels")["items"]
    for one in found:
        _say(one, as_json=as_json)
    if not found and not as_json:
        typer.echo("No channels: nobody is told of incidents. Add one with roadworthy channels add.")


@app.command()
def add(
    kind: Annotated[
        Literal["pagerduty", "slack", "email", "webhook", "alertmanager"], typer.Argument(help="What it is.")
    ],
    name: Annotated[str, typer.Argument(help="What it is called.")],
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE, repeatable: url=https://...", metavar="S")
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", help="NAME of a secret, repeatable; asked for, or read from input."),
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="Told where nobody on call can be reached.")
    ] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Add a channel. Secrets are asked for, so that they stand in no history: --secret routing_key."""
    body = {
        "name": name,
        "kind": kind,
        "settings": _pairs(setting or []),
        "secrets": {one: _secret(one) for one in secret or []},
        "default": default,
    }
    with asking(server=server, key=key, project=project) as client:
        try:
            made = client.send("POST", "/channels", body=body)
        except Failed as refused:
            raise fail(f"{refused}{how_to_give(str(refused))}") from None
        _say(made, as_json=False)


def how_to_give(refused: str) -> str:
    """What to type, where the server names a setting or a secret; "" else."""
    missing = re.search(r"\b(settings|secrets)\.([a-z_]+)", refused)
    if missing is None:
        return ""
    if missing[1] == "secrets":
        return f"\n  Give it with --secret {missing[2]}: it is asked for, or read from standard input."
    return f"\n  Give it with --set {missing[2]}=VALUE."


def _secret(name: str) -> str:
    """Asked of a person; else the next line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(name, hide_input=True, err=True))
    line = sys.stdin.readline().strip()
    if not line:
        raise fail(f"--secret {name}: expected it as a line of standard input, which has none", code=2)
    return line


@app.command()
def test(channel: Channel, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """Send a test message, and say how it went."""
    with asking(server=server, key=key, project=project) as client:
        found = _of(client, channel)
        sent = client.send("POST", f"/channels/{found['id']}/test")
        until = time.monotonic() + _TRIED_S
        while not sent["attempts"] and time.monotonic() < until:
            time.sleep(0.2)
            sent = client.get(f"/deliveries/{named(sent['id'])}")
    if not sent["attempts"]:
        raise fail(f"{found['name']}: not tried within {_TRIED_S:g} s")
    last = sent["attempts"][-1]
    if not last["ok"]:
        raise fail(f"{found['name']}: {last['said']}")
    typer.echo(f"{found['name']}: {last['said']}")


@app.command()
def remove(
    channel: Channel, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Remove a channel."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/channels/{_of(client, channel)['id']}")


@app.command()
def log(
    failed: Annotated[bool, typer.Option("--failed", help="Only what was given up or waits.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show what was said to whom lately, and what the receivers answered."""
    asked = {"state": ["failed", "pending"] if failed else None}
    with asking(server=server, key=key, project=project) as client:
        found = list(client.pages("/deliveries", asked, limit=50))
    for one in found:
        if as_json:
            _say(one, as_json=True)
            continue
        said = one["attempts"][-1]["said"] if one["attempts"] else ""
        row = (one["created_at"], one["state"], one["channel"], one["happening"], one["title"], said)
        typer.echo("\t".join(one_line(part) for part in row))


@silences.command("list")
def list_silences(
    over: Annotated[bool, typer.Option("--over", help="Those that are over, too.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List silences and maintenance windows."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/silences", {"over": "true" if over else None})["items"]
    for one in found:
        _say_silence(one, as_json=as_json)
    if not found and not as_json:
        typer.echo("No silences.")


@silences.command("add")
def add_silence(
    matchers: Annotated[
        list[str],
        typer.Argument(help="FIELD=VALUE, FIELD!=VALUE or FIELD~PATTERN; all must fit: agent=support."),
    ],
    end: Annotated[str, typer.Option("--for", help="How long, or until when: 2h, 7d, 2026-11-23T08:00:00Z.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    start: Annotated[str, typer.Option(help="From when on.")] = "now",
    maintenance: Annotated[bool, typer.Option("--maintenance", help="Planned beforehand.")] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Silence alarms: they are recorded and shown, and tell nobody."""
    body = {
        "matchers": [_matcher(one) for one in matchers],
        "start": start,
        "end": f"+{end}" if end[-1:] in "smhdw" else end,
        "reason": reason,
        "maintenance": maintenance,
    }
    with asking(server=server, key=key, project=project) as client:
        _say_silence(client.send("POST", "/silences", body=body), as_json=False)


@silences.command("end")
def end_silence(
    silence: Annotated[str, typer.Argument(metavar="SILENCE", help="Id of the silence.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """End a silence now: incidents that still stand are told."""
    with asking(server=server, key=key, project=project) as client:
        _say_silence(client.send("POST", f"/silences/{named(silence)}/end"), as_json=False)


def _of(client: Client, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = client.get("/channels")["items"]
    for one in found:
        if name in (one["id"], one["name"]):
            return one
    raise fail(f"no channel {name!r}")


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for name, sign, _ in pairs:
        if not sign:
            raise fail(f"--set {name}: expected NAME=VALUE", code=2)
    return {name: value for name, _, value in pairs}


def _matcher(text: str) -> dict[str, str]:
    for op in ("!=", "=", "~"):
        field, sign, value = text.partition(op)
        if sign and field:
            return {"field": field, "op": op, "value": value}
    raise fail(f"{text!r}: expected FIELD=VALUE, FIELD!=VALUE or FIELD~PATTERN", code=2)


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(one)
        return
    notes = [note for note, so in (("default", one["default"]), ("off", not one["enabled"])) if so]
    typer.echo("\t".join((one["id"], one["kind"], one["name"], *notes)))


def _say_silence(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(one)
        return
    fits = " ".join(f"{m['field']}{m['op']}{m['value']}" for m in one["matchers"])
    state = "active" if one["active"] else "not active"
    row = (one["id"], state, fits, f"{one['start']} to {one['end']}", one["by"], one["reason"])
    typer.echo("\t".join((*row, f"{one['alarms']} alarms")))
