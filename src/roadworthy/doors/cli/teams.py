"""teams: teams and the people in them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.listing import say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

app = typer.Typer(no_args_is_help=True, help="Teams and the people in them.", rich_markup_mode=None)


@app.command("list")
def list_teams(
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List teams with their members and agents."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/teams")["items"]

    for team in found:
        if as_json:
            say_json(team)
            continue
        members = ", ".join(team["members"]) or "no members"
        typer.echo(f"{team['name']}\t{members}\towns {', '.join(team['agents']) or 'nothing'}")
    if not found and not as_json:
        typer.echo("No teams. Make one: roadworthy teams set NAME --member PERSON")


@app.command("set")
def set_team(
    name: Annotated[str, typer.Argument(metavar="TEAM", help="Name of the team.")],
    members: Annotated[list[str] | None, typer.Option("--member", help="Repeatable: all there are.")] = None,
    channels: Annotated[
        list[str] | None, typer.Option("--channel", help="Id of a channel of the team; repeatable.")
    ] = None,
    schedule: Annotated[str | None, typer.Option(help="On-call schedule of its agents.")] = None,
    title: Annotated[str | None, typer.Option(help="How people call it.")] = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Make a team, or change what is given."""
    given = {"members": members, "channels": channels, "schedule": schedule, "title": title}
    with asking(server=server, key=key, project=project) as client:
        known: list[dict[str, Any]] = client.get("/teams")["items"]
        before = next((one for one in known if one["name"] == name), {})
        kept = {field: before[field] for field in (*given, "description") if field in before}
        body = kept | {field: value for field, value in given.items() if value is not None}
        client.send("PUT", f"/teams/{named(name)}", body=body)
    typer.echo(f"{name}: {', '.join(body.get('members', [])) or 'no members'}")


@app.command()
def people(
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List people who own agents or are on call, how they are reached, and who left."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/contacts")["items"]

    for person in found:
        if as_json:
            say_json(person)
            continue
        reached = ", ".join((*person["channels"], *([person["email"]] if person["email"] else [])))
        state = f"left {person['left_at']}" if person["left_at"] else "there"
        typer.echo(
            f"{person['name']}\t{reached or 'not reachable'}\t{state}\t{'; '.join(person['used_in']) or '–'}"
        )
    if not found and not as_json:
        typer.echo("Nobody. Enter somebody: roadworthy teams person NAME --email ADDRESS")


@app.command()
def person(
    name: Annotated[str, typer.Argument(metavar="PERSON", help="Name of the person.")],
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    channels: Annotated[
        list[str] | None, typer.Option("--channel", help="Id of a channel that reaches them; repeatable.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="How people call them.")] = None,
    left: Annotated[
        str | None, typer.Option(help='Since when they are on no duty: now, or RFC 3339; "" takes it back.')
    ] = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Enter a person, or change what is given. Rotations skip who left."""
    given = {"email": email, "channels": channels, "title": title, "left_at": left}
    with asking(server=server, key=key, project=project) as client:
        known: list[dict[str, Any]] = client.get("/contacts")["items"]
        before = next((one for one in known if one["name"] == name), {})
        kept = {field: before[field] for field in given if field in before}
        body = kept | {field: value for field, value in given.items() if value is not None}
        told = client.send("PUT", f"/contacts/{named(name)}", body=body)
    state = f"left {told['left_at']}" if told["left_at"] else "there"
    typer.echo(f"{name}: {state}, {'can' if told['reachable'] else 'cannot'} be reached")
    for reference in told["used_in"] if told["left_at"] else ():
        typer.echo(f"  still named by {reference}")
