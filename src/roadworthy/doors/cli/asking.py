"""Asking the server on behalf of a command, and saying what it refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from roadworthy.doors.cli.client import Client, Failed, fail


@contextmanager
def asking(*, server: str, key: str | None, project: str | None) -> Iterator[Client]:
    """What the server refuses ends the command, with the server's words."""
    try:
        yield Client(server=server, key=key, project=project)
    except Failed as error:
        raise fail(str(error)) from None


def named(name: str) -> str:
    """As part of a path."""
    return quote(name, safe="")
