"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Server = Annotated[
    str, typer.Option(envvar="ROADWORTHY_SERVER", help="Address of the running server.", metavar="URL")
]
Key = Annotated[
    str | None,
    typer.Option(envvar="ROADWORTHY_API_KEY", help="API key, where the server wants one.", metavar="KEY"),
]
Project = Annotated[
    str | None, typer.Option(envvar="ROADWORTHY_PROJECT", help="Project; default: the key's, else default.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines, one object a line.")]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", "-f", help="field:op:value, repeatable: status:=:error, duration_ms:>:1000.", metavar="F"
    ),
]
Text = Annotated[str, typer.Option("--text", help="Words that must be in inputs or outputs.")]
From = Annotated[str | None, typer.Option("--from", help="Start: -7d, -2h, 2026-11-22, RFC 3339.")]
To = Annotated[str | None, typer.Option("--to", help="End, not included.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")]

DEFAULT_SERVER = "http://127.0.0.1:8420"
