"""record: one run of an agent on this machine, through the gateway, so that it can be replayed."""

from __future__ import annotations

import json
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from roadworthy.domain.exchange import LISTED
from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.debug_options import Gateway, ServerOptions, StartOptions
from roadworthy.doors.cli.listing import printable
from roadworthy.doors.cli.option_groups import grouped
from roadworthy.doors.cli.options import Json
from roadworthy.doors.cli.taken_work import wait_for_key

_SEEN_S = 30.0
_JOINED_S = 15.0
"""So long a call that names no run is waited for, to be found with its run."""


@grouped
def record(
    *,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    task: Annotated[str | None, typer.Option("--input", help="The task; left out: standard input.")] = None,
    start: StartOptions,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that the run may take.")] = 120,
    gateway_key: Annotated[
        str | None,
        typer.Option(envvar="ROADWORTHY_GATEWAY_KEY", help="Of the agent; left out: one for this run."),
    ] = None,
    gateway: Gateway = None,
    as_json: Json = False,
    server: ServerOptions,
) -> None:
    """Run an agent once and record it: what it asks goes through the gateway, its task and answer are told.

    Without --command, --callable or --url it is started as its registered entry point says.
    """
    from roadworthy.doors.cli.debug_asked import entry_asked
    from roadworthy.doors.cli.debug_runner import entry_of

    given = entry_asked(start, timeout=timeout)
    with asking(server=server.server, key=server.key, project=server.project) as client:
        entry = entry_of(given) if given else _registered(client, agent)
        made = _key_for(client, agent) if gateway_key is None else None
        try:
            told = _recorded(
                client,
                agent,
                entry,
                task=sys.stdin.read() if task is None else task,
                gateway=gateway,
                gateway_key=made["secret"] if made is not None else gateway_key or "",
            )
        finally:
            if made is not None:
                client.send("DELETE", f"/gateway/keys/{named(made['id'])}")
    if as_json:
        typer.echo(json.dumps(told))
    else:
        typer.echo(printable(told["answer"]))
        typer.echo(f"run {told['run']}: {told['ending']}; next: roadworthy replay {told['run']}", err=True)
    if told["ending"] != "answered":
        raise typer.Exit(1)


def _recorded(
    client: Client, agent: str, entry: Any, *, task: str, gateway: str | None, gateway_key: str
) -> dict[str, Any]:
    from roadworthy.features.debug.running.entry import BadEntry, check_here, run_entry
    from roadworthy.features.debug.running.environment import RECORD, Task
    from roadworthy.features.debug.running.telling import otlp_body, send

    try:
        check_here(entry)
    except BadEntry as wrong:
        raise fail(f"--{wrong.field}: {wrong}", code=2) from None
    trace_id = secrets.token_hex(16)
    place = Task(
        number=1,
        attempt=1,
        case="",
        input=task,
        timeout_s=entry.timeout_s,
        token="",
        trace_id=trace_id,
        traceparent=f"00-{trace_id}-{trace_id[:16]}-01",
        gateway_url=gateway or client.get("/gateway/health")["url"],
        otlp_url=client.get("/server")["otlp_http_url"],
        gateway_key=gateway_key,
        kind=RECORD,
    )
    wait_for_key(place.gateway_url, key=gateway_key, what=agent)
    began_ns = time.time_ns()
    ended = run_entry(entry, place)
    body = otlp_body(place, ended, agent=agent, marks={}, ended_ns=time.time_ns())
    why = send(place.otlp_url, body, key=client.key or "")
    if why:
        raise Failed(f"the run could not be told to {place.otlp_url}: {why}")
    _wait_for(client, trace_id)
    _wait_for_calls(client, agent, since_ns=began_ns)
    return {
        "run": trace_id,
        "ending": ended.ending.value,
        "answer": ended.answer,
        "exit_code": ended.exit_code,
        "error": ended.error,
        "elapsed_ms": ended.elapsed_ms,
    }


def _wait_for(client: Client, run_id: str) -> None:
    """Until the server shows what was told of its end: whoever replays it next finds how it ended. The
    gateway's calls may show a run before that."""
    ends = time.monotonic() + _SEEN_S
    while True:
        try:
            client.get(f"/runs/{run_id}/spans/{run_id[:16]}")
            return
        except Failed:
            if time.monotonic() > ends:
                raise
        time.sleep(0.25)


def _wait_for_calls(client: Client, agent: str, *, since_ns: int) -> None:
    """Until each is found with its run: those of clients that name none are a moment later."""
    since = datetime.fromtimestamp(since_ns // 10**9, tz=UTC).isoformat()
    ends = time.monotonic() + _JOINED_S
    while time.monotonic() < ends:
        time.sleep(0.5)  # they are written within half a second
        calls = client.get("/exchanges", {"agent": agent, "from": since, "limit": 500})["items"]
        if calls and all(one["run_id"] or one["target"] == LISTED for one in calls):
            return


def _registered(client: Client, agent: str) -> Any:
    from roadworthy.doors.cli.debug_runner import entry_of

    try:
        found = client.get(f"/agents/{named(agent)}/entry-point")
    except Failed as failed:
        raise fail(str(failed)) from None
    if found is None:
        raise fail(
            f"nobody registered how {agent!r} is started: give --command, --callable or --url.", code=2
        )
    return entry_of(found)


def _key_for(client: Client, agent: str) -> Any:
    return client.send("POST", "/gateway/keys", body={"name": "roadworthy record", "agent": agent})
