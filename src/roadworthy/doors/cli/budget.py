"""budget: what may be spent on model calls, and what was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.asking import asking
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

app = typer.Typer(
    no_args_is_help=True, help="Budgets of model calls, and limits of their pace.", rich_markup_mode=None
)
limits = typer.Typer(no_args_is_help=True, help="How fast calls may come.", rich_markup_mode=None)
app.add_typer(limits, name="limits")

Budget = Annotated[str, typer.Argument(metavar="BUDGET", help="Id or name of the budget.")]
Whose = Annotated[
    str, typer.Option("--for", help="project, agent:NAME, key:ID or route:NAME.", metavar="WHOSE")
]


@app.command("list")
def list_budgets(
    as_json: Json = False, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """List budgets with what was spent in the period that runs."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/gateway/budgets")["items"]
    for one in found:
        _say(one, as_json=as_json)
    if not found and not as_json:
        typer.echo("No budgets. Set one: roadworthy budget set daily --for agent:support --usd 20 --per day")


@app.command("set")
def set_budget(
    name: Annotated[str, typer.Argument(help="What it is called; one of this name is changed.")],
    whose: Whose,
    per: Annotated[Literal["day", "month", "total"], typer.Option(help="In UTC.")] = "day",
    usd: Annotated[float | None, typer.Option(min=0, help="At most so many USD.")] = None,
    tokens: Annotated[int | None, typer.Option(min=0, help="At most so many tokens.")] = None,
    warn_only: Annotated[bool, typer.Option("--warn-only", help="Refuse nothing.")] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Set a budget. At 50, 80 and 100 % it raises an alarm; used up, calls are refused."""
    scope, _, subject = whose.partition(":")
    body = {
        "name": name,
        "scope": scope,
        "subject": subject,
        "period": per,
        "usd": usd,
        "tokens": tokens,
        "enforced": not warn_only,
    }
    with asking(server=server, key=key, project=project) as client:
        before = [one for one in client.get("/gateway/budgets")["items"] if one["name"] == name]
        if before:
            _say(client.send("PUT", f"/gateway/budgets/{before[0]['id']}", body=body), as_json=False)
        else:
            _say(client.send("POST", "/gateway/budgets", body=body), as_json=False)


@app.command()
def show(budget: Budget, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """Show a budget as JSON."""
    with asking(server=server, key=key, project=project) as client:
        typer.echo(json.dumps(_of(client, budget), indent=2))


@app.command()
def remove(budget: Budget, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """Remove a budget."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/gateway/budgets/{_of(client, budget)['id']}")


@limits.command("list")
def list_limits(
    as_json: Json = False, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """List limits."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/gateway/limits")["items"]
    for one in found:
        if as_json:
            typer.echo(json.dumps(one))
            continue
        pace = [
            f"{one[name]} {unit} a minute"
            for name, unit in (("requests_per_minute", "calls"), ("tokens_per_minute", "tokens"))
            if one[name] is not None
        ]
        whom = one["subject"] or ("" if one["scope"] == "project" else "each")
        typer.echo("\t".join((one["id"], f"{one['scope']} {whom}".strip(), ", ".join(pace))))


@limits.command("add")
def add_limit(
    whose: Annotated[
        str,
        typer.Option(
            "--for", help="project, agent, key, route or model; with :NAME for one.", metavar="WHOSE"
        ),
    ],
    calls: Annotated[int | None, typer.Option(min=1, help="Calls a minute.")] = None,
    tokens: Annotated[int | None, typer.Option(min=1, help="Tokens a minute.")] = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Limit how fast calls may come: a minute's worth at once, after that evenly."""
    scope, _, subject = whose.partition(":")
    body = {"scope": scope, "subject": subject, "requests_per_minute": calls, "tokens_per_minute": tokens}
    with asking(server=server, key=key, project=project) as client:
        typer.echo(client.send("POST", "/gateway/limits", body=body)["id"])


@limits.command("remove")
def remove_limit(
    limit: Annotated[str, typer.Argument(metavar="ID", help="From budget limits list.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Remove a limit."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/gateway/limits/{limit}")


def _of(client: Client, budget: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = client.get("/gateway/budgets")["items"]
    for one in found:
        if budget in (one["id"], one["name"]):
            return one
    raise fail(f"no budget {budget!r}")


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(one))
        return
    whose = f"{one['scope']} {one['subject']}".strip()
    of_usd = [f"{one['spent_usd']:.2f} of {one['usd']:.2f} USD"] if one["usd"] is not None else []
    of_tokens = [f"{one['spent_tokens']} of {one['tokens']} tokens"] if one["tokens"] is not None else []
    notes = [] if one["enforced"] else ["warns only"]
    figures = ", ".join(of_usd + of_tokens)
    typer.echo(
        "\t".join((one["id"], one["name"], whose, one["period_now"], figures, f"{one['share']:.0%}", *notes))
    )
