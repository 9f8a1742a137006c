"""inquiries: replays, forks and bisects of before, wherever they were started."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Failed, fail
from roadworthy.doors.cli.debug_options import BudgetOptions, RerunOptions, ServerOptions
from roadworthy.doors.cli.debug_work import InquiryWork
from roadworthy.doors.cli.listing import say_items, say_json
from roadworthy.doors.cli.option_groups import grouped
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

app = typer.Typer(no_args_is_help=True, help="Replays, forks and bisects of before.", rich_markup_mode=None)

InquiryId = Annotated[str, typer.Argument(metavar="INQUIRY", help="Id of the replay, fork or bisect.")]


@app.command("list")
def list_inquiries(
    run: Annotated[str | None, typer.Option(help="Only of this run.")] = None,
    agent: Annotated[str | None, typer.Option(help="Only of this agent.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only replay, fork or bisect.")] = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List them, newest first."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/inquiries", {"run": run, "agent": agent, "kind": kind})["items"]
    say_items(found, as_json=as_json, line=_line, none="None yet: roadworthy replay RUN --command ...")


@app.command()
def show(
    inquiry_id: InquiryId,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say what was found, as far as it has come."""
    from roadworthy.doors.cli.debug_report import say_inquiry

    with asking(server=server, key=key, project=project) as client:
        found = client.get(f"/inquiries/{named(inquiry_id)}")
        if as_json:
            say_json(found)
        else:
            say_inquiry(client, found)


@app.command()
def cancel(
    inquiry_id: InquiryId, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Hand out no more reruns; what was done stays."""
    with asking(server=server, key=key, project=project) as client:
        one = client.send("POST", f"/inquiries/{named(inquiry_id)}/cancel", body={})
    typer.echo(f"{one['id']} is {one['state'].replace('_', ' ')}")


@app.command()
@grouped
def resume(
    *,
    inquiry_id: InquiryId,
    budget: BudgetOptions,
    how: RerunOptions,
    as_json: Json = False,
    server: ServerOptions,
) -> None:
    """Go on with one that was stopped, cancelled or out of budget, and make its reruns here."""
    from roadworthy.doors.cli.debug_asked import budget_asked

    client, given = server.client, budget_asked(budget)
    try:
        body = {"budget": given} if given else {}
        one = client.send("POST", f"/inquiries/{named(inquiry_id)}/resume", body=body)
    except Failed as error:
        raise fail(str(error)) from None
    InquiryWork(client, how, as_json=as_json).make(one, alone=True)


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    progress = one["progress"]
    what = (one["id"], one["created_at"][:16], one["kind"], one["agent"], one["run_id"])
    told = (one["finding"] or {}).get("sentences") or [""]
    done = f"{progress['done']} of {progress['planned']} reruns"
    return (*what, one["state"].replace("_", " "), done, told[0])
