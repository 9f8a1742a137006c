"""What a list command says: an item a line, as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import typer


def say_json(one: object) -> None:
    typer.echo(json.dumps(one, ensure_ascii=False))


def say_items(
    items: Iterable[Any], *, as_json: bool, line: Callable[[Any], tuple[str, ...]], none: str = ""
) -> None:
    """`none` is said to people where there is nothing; a machine gets nothing then."""
    found = False
    for one in items:
        found = True
        if as_json:
            say_json(one)
        else:
            typer.echo("\t".join(line(one)))
    if none and not found and not as_json:
        typer.echo(none)
