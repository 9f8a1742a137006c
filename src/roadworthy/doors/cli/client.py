"""Talks to a running server over REST. Standard library only: it must start fast."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import typer

Params = Mapping[str, str | int | Sequence[str] | None]
TIMEOUT_S = 30


class Failed(Exception):  # noqa: N818 (what the person is told, not a bug)
    """The server refused or is not there; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """`server` is an address like http://127.0.0.1:8420; `key` an API key where the server wants one."""

    server: str
    key: str | None = None
    project: str | None = None

    def get(self, path: str, params: Params | None = None) -> Any:
        """The JSON of the answer. Raises Failed."""
        with self.open("GET", path, params=params) as answer:
            return json.load(answer)

    def send(self, method: str, path: str, *, body: object = None, params: Params | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with self.open(method, path, params=params, data=data, kind="application/json") as answer:
            raw = answer.read()
            return json.loads(raw) if raw else None

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        data: bytes | BinaryIO | None = None,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_S,
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer as a stream. Raises Failed for any status but 2xx."""
        request = urllib.request.Request(  # noqa: S310 (the scheme is checked in `url`)
            self.url(path, params), method=method, data=data, headers=dict(headers or {})
        )
        if kind is not None:
            request.add_header("Content-Type", kind)
        if self.key:
            request.add_header("Authorization", f"Bearer {self.key}")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                raise Failed(_said(error)) from None
        except (urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Failed(
                f"no answer from {self.server} ({reason}).\n"
                "  Is it running? Start it with: roadworthy up\n"
                "  Elsewhere? Say where with --server or ROADWORTHY_SERVER."
            ) from None

    def url(self, path: str, params: Params | None) -> str:
        if not self.server.startswith(("http://", "https://")):
            raise Failed(f"--server: {self.server!r} is no address; expected like http://127.0.0.1:8420")
        given = {k: v for k, v in {"project": self.project, **(params or {})}.items() if v is not None}
        query = urllib.parse.urlencode(given, doseq=True)
        return f"{self.server.rstrip('/')}/api/v1{path}" + (f"?{query}" if query else "")

    def pages(self, path: str, params: Params, *, limit: int) -> Iterator[dict[str, Any]]:
        """Items of a list, page by page, at most `limit`."""
        cursor: str | None = None
        left = limit
        while left > 0:
            page = self.get(path, {**params, "limit": min(left, 1000), "cursor": cursor})
            yield from page["items"]
            left -= len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return


def _said(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.loads(error.read())
        text = ": ".join(part for part in (problem.get("title"), problem.get("detail")) if part)
    except (ValueError, AttributeError):
        text = str(error.reason)
    if error.code == 401:
        text += "\n  Give a key with --key or ROADWORTHY_API_KEY."
    return f"{text} (HTTP {error.code})"


def fail(message: str, *, code: int = 1) -> typer.Exit:
    """Says it on standard error; raise what it returns."""
    typer.echo(f"roadworthy: {message}", err=True)
    return typer.Exit(code)
