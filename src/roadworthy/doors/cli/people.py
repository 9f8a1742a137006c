"""people: who may log in to the web page."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.folder import metadata_of

app = typer.Typer(no_args_is_help=True, help="Who may log in to the web page.", rich_markup_mode=None)

Data = Annotated[Path | None, typer.Option(help="Data folder; default: ROADWORTHY_DATA, ~/.roadworthy.")]
Name = Annotated[str, typer.Argument(help="Name to log in with.")]


@app.command()
def add(context: typer.Context, name: Name, data: Data = None) -> None:
    """Add a person, or give one a new password. Asks for it, or reads it from standard input.

    A new password ends all sessions of that person.
    """
    from roadworthy.contracts.metadata import Person
    from roadworthy.kit.passwords import MIN_LENGTH, hash_password

    if sys.stdin.isatty():
        password = typer.prompt(
            f"Password (at least {MIN_LENGTH} characters)", hide_input=True, confirmation_prompt=True
        )
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        password_hash = hash_password(password)
    except ValueError as error:
        raise fail(str(error), code=2) from None
    with metadata_of(context, data) as metadata:
        known = any(person.name == name for person in metadata.people())
        metadata.save_person(Person(name=name, password_hash=password_hash, created_ns=time.time_ns()))
    typer.echo(f"{name}: new password set" if known else f"{name} may log in")


@app.command("list")
def list_people(context: typer.Context, data: Data = None) -> None:
    """Names, one a line."""
    with metadata_of(context, data) as metadata:
        for person in metadata.people():
            typer.echo(person.name)


@app.command()
def remove(context: typer.Context, name: Name, data: Data = None) -> None:
    """Take a person's log-in away, sessions included."""
    with metadata_of(context, data) as metadata:
        if not metadata.delete_person(name):
            raise fail(f"nobody is called {name!r}")
    typer.echo(f"{name} can no longer log in")
