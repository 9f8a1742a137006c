"""inputs: whether what is asked of agents is still what it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.listing import one_line, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Limit, Project, Server

app = typer.Typer(
    no_args_is_help=True, help="What is asked of agents: drift and unusual inputs.", rich_markup_mode=None
)

Agent = Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")]


@app.command("list")
def list_inputs(
    drifting: Annotated[
        bool, typer.Option("--drifting", help="Only those of which an alarm stands.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List agents: what was learned of their inputs, and whether these have changed."""
    asked = {"drifting": "true" if drifting else None}
    with asking(server=server, key=key, project=project) as client:
        found = list(client.pages("/inputs", asked, limit=min(limit, 500)))
    for one in found:
        _say(one, as_json=as_json)
    if not found and not as_json:
        none = "No inputs yet: they are looked at a minute after their runs have ended."
        typer.echo("No agent's inputs drift." if drifting else none)


@app.command()
def show(
    agent: Agent,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show the inputs of an agent: what changed, and the most unusual ones."""
    with asking(server=server, key=key, project=project) as client:
        one = _of(client, agent)
    _say(one, as_json=as_json)
    if as_json:
        return
    if one["promise"]:
        typer.echo(f"proven\t{one['promise']}")
    for name, terms in (("more often", one["terms_up"]), ("more seldom", one["terms_down"])):
        for term in terms:
            typer.echo(f"{name}\t{term['term']}\t{term['before']:.1%} before, {term['now']:.1%} now")
    for unusual in one["unusual"]:
        text = one_line(unusual["text"], width=100)
        typer.echo(f"unusual\tp {unusual['p']:.4f}\troadworthy run {unusual['run_id']}\t{text}")


@app.command()
def relearn(agent: Agent, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None) -> None:
    """What is asked now is as it should be: learn a new reference, and clear the alarm."""
    with asking(server=server, key=key, project=project) as client:
        one = client.send("POST", f"/inputs/{named(_of(client, agent)['id'])}/relearn")
    _say(one, as_json=False)


def _of(client: Client, agent: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = client.get("/inputs", {"agent": agent})["items"]
    if not found:
        raise fail(f"no inputs of an agent {agent!r} were looked at yet")
    return found[0]


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(one)
        return
    if one["phase"] == "learning":
        typer.echo(f"{one['agent']}\tlearning: {one['reference_n']} of {one['reference_needed']} inputs")
        return
    state = one["drifting"]["title"] if one["drifting"] else "as learned"
    tail = "" if one["tail_recent"] is None else f"\tunusual {one['tail_recent']:.1%} of {one['recent_n']}"
    share = one["evidence"] / one["threshold"]
    typer.echo(f"{one['agent']}\t{state}\tevidence {share:.1%} of the threshold{tail}")
