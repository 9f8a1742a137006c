"""What a list command says: an item a line, as text or as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import typer

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WITHIN_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")


def one_line(text: str | None, *, width: int | None = None) -> str:
    """Without line breaks and tabs; cut to `width` characters, where one is given. Control characters show as
    "�": what agents and users wrote must not move a terminal's cursor, nor set its colours or title."""
    flat = _CONTROL.sub("\ufffd", " ".join((text or "").split()))
    return flat if width is None or len(flat) <= width else flat[: width - 1] + "…"


def printable(text: str) -> str:
    """As `one_line`, with the lines and tabs it has."""
    return _WITHIN_LINES.sub("\ufffd", text)


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
