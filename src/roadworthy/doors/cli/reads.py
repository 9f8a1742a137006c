"""runs, run, tail, search: what the server has recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.listing import say_json
from roadworthy.doors.cli.options import (
    DEFAULT_SERVER,
    Filters,
    From,
    Json,
    Key,
    Limit,
    Project,
    Server,
    Text,
    To,
)


def runs(
    filters: Filters = None,
    text: Text = "",
    from_: From = None,
    to: To = None,
    limit: Limit = 20,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List runs, newest first."""
    client = Client(server=server, key=key, project=project)
    params = {"filter": filters or [], "text": text or None, "from": from_, "to": to}
    try:
        found = list(client.pages("/runs", params, limit=limit))
    except Failed as error:
        raise fail(str(error)) from None
    from roadworthy.doors.cli import runs_table, show

    out = show.console()
    if as_json:
        for run in found:
            say_json(run)
    elif found and out.is_terminal:
        for line in runs_table.terminal_lines(found, width=out.width):
            out.print(line, soft_wrap=True)
    elif found:
        for said in runs_table.piped_lines(found):
            typer.echo(said)
    else:
        typer.echo("No runs. Point an agent here, or widen the filters; roadworthy doctor may help.")


def run(
    run_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the run.")],
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show one run: what was asked, what was answered, each step."""
    client = Client(server=server, key=key, project=project)
    try:
        found = client.get(f"/runs/{run_id}")
        spans = client.get(f"/runs/{run_id}/spans", {"content": None if as_json else "0"})["items"]
        calls = client.get(f"/runs/{run_id}/exchanges")["items"]
    except Failed as error:
        raise fail(str(error)) from None
    from roadworthy.doors.cli import show

    if as_json:
        say_json({"run": found, "spans": spans, "exchanges": calls})
        return
    out = show.console()
    whole = not out.is_terminal
    through = (show.calls(calls),) if calls else ()
    parts = (show.run_head(found, whole=whole), show.step_tree(spans, whole=whole), *through)
    if whole:
        show.print_whole(out, parts)
    else:
        out.print(*parts, sep="\n")


def search(
    text: Annotated[str, typer.Argument(help="Words that must all be in a step's input or output.")],
    from_: From = None,
    to: To = None,
    limit: Limit = 20,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Find steps by what was said in them."""
    client = Client(server=server, key=key, project=project)
    try:
        hits = list(client.pages("/search", {"text": text, "from": from_, "to": to}, limit=limit))
    except Failed as error:
        raise fail(str(error)) from None
    from roadworthy.doors.cli import show

    if as_json:
        for hit in hits:
            say_json(hit)
        return
    out = show.console()
    for hit in hits:
        if out.is_terminal:
            out.print(show.hit_lines(hit), soft_wrap=True)
        else:
            typer.echo(show.piped_hit(hit))
    if not hits:
        typer.echo("Nothing found.")


def tail(
    filters: Filters = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Follow runs as they end, until Ctrl-C."""
    client = Client(server=server, key=key, project=project)
    from roadworthy.doors.cli import show

    seen: dict[str, Any] = {}
    try:
        for ids in _changed(client):
            for found in _ended(client, ids, filters or []):
                # A late span changes a run that was shown; say it again only where its line would differ.
                line = {k: found[k] for k in ("status", "outcome", "tool_calls", "model_calls", "cost_usd")}
                if seen.get(found["id"]) == line:
                    continue
                seen[found["id"]] = line
                if as_json:
                    say_json(found)
                else:
                    show.print_ended(found)
    except Failed as error:
        raise fail(str(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _ended(client: Client, ids: list[str], filters: list[str]) -> Iterator[dict[str, Any]]:
    asked = [*filters, f"id:in:{','.join(ids)}", "status:!=:running"]
    found = list(client.pages("/runs", {"filter": asked}, limit=len(ids)))
    yield from reversed(found)


def _changed(client: Client) -> Iterator[list[str]]:
    """Ids of runs that are new or changed, as the server says them; connects again where it is cut off."""
    last_id: str | None = None
    failures = 0
    while True:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        try:
            with client.open("GET", "/events", headers=headers, timeout=60) as answer:
                failures = 0
                for event, data, event_id in _events(answer):
                    last_id = event_id or last_id
                    if event == "runs":
                        yield data["ids"]
        except Failed:
            failures += 1
            if last_id is None or failures > 30:
                raise
        except (OSError, ValueError):
            failures += 1
        import time

        time.sleep(min(2.0, 0.2 * (failures + 1)))


def _events(answer: HTTPResponse) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Server-sent events of the answer: name, data, id."""
    event, data, event_id = "", "", None
    for raw in answer:
        line = raw.decode().rstrip("\r\n")
        name, _, value = line.partition(": ")
        if not line and data:
            yield event, json.loads(data), event_id
            event, data, event_id = "", "", None
        elif name == "event":
            event = value
        elif name == "data":
            data += value
        elif name == "id":
            event_id = value
