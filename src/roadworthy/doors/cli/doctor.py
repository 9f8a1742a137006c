"""doctor: what is wrong, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from roadworthy.doors.cli import checks_machine, checks_server
from roadworthy.doors.cli.findings import Finding, Level, bad, ok
from roadworthy.doors.cli.options import Json, Key
from roadworthy.doors.cli.wiring import Wiring, wiring

_MARKS = {Level.OK: ("ok  ", "green"), Level.WARN: ("warn", "yellow"), Level.BAD: ("BAD ", "red")}
_STATIC = Path(__file__).parents[1] / "web" / "static"


def doctor(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    host: Annotated[str | None, typer.Option(help="Address of the web page.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web page.")] = None,
    otlp_http_port: Annotated[int | None, typer.Option(help="Port of OTLP over HTTP.")] = None,
    otlp_grpc_port: Annotated[int | None, typer.Option(help="Port of OTLP over gRPC.")] = None,
    gateway_port: Annotated[int | None, typer.Option(help="Port of the gateway.")] = None,
    as_json: Json = False,
    key: Key = None,
) -> None:
    """Check settings, versions, clock, disk, data folder, ports and the running server; say how to mend.

    Exit code 1 where something is bad. Changes nothing.
    """
    given = {
        name: value
        for name, value in context.params.items()
        if name not in ("as_json", "key") and value is not None
    }
    worst = Level.OK
    for finding in _look(wiring(context), given=given, key=key):
        if finding.level is Level.BAD or worst is Level.OK:
            worst = finding.level
        _say(finding, as_json=as_json)
    raise typer.Exit(1 if worst is Level.BAD else 0)


def _look(wired: Wiring, *, given: dict[str, object], key: str | None) -> Iterator[Finding]:
    yield from checks_machine.versions()
    yield checks_machine.own_python()
    try:
        settings = wired.settings(given)
    except ValueError as error:
        yield bad("settings", str(error), mend="put the flag or the ROADWORTHY_* variable right")
        return
    yield ok("settings", "understood")
    data = settings.data.expanduser().resolve()
    yield from checks_machine.data_folder(data)
    yield checks_machine.disk(data, min_free_bytes=settings.min_free_bytes)
    yield checks_machine.clock(data)
    yield checks_machine.web_page(_STATIC)
    if settings.loopback_only:
        yield ok("credentials", "not needed: only this machine reaches it")
    elif (data / "roadworthy.db").exists():
        with wired.open_metadata(data) as metadata:
            yield checks_server.credentials(settings, metadata=metadata)
    else:
        yield bad(
            "credentials",
            f"{settings.host} is reachable by others, and nobody can log in yet",
            mend=f"roadworthy people add NAME --data {data}; "
            f"roadworthy keys create --name NAME --data {data}",
        )
    found = checks_server.running(settings, key=key)
    if found is not None and (elsewhere := checks_machine.used_by_the_server(data)) is not None:
        yield elsewhere
    yield from checks_server.ports(settings, up=found is not None)
    yield from checks_server.server(found)


def _say(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(finding)))
        return
    mark, colour = _MARKS[finding.level]
    typer.echo(f"{typer.style(mark, fg=colour)}  {finding.what}: {finding.says}")
    if finding.mend:
        typer.echo(f"      → {finding.mend}")
