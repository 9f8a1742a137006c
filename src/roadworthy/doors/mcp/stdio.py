"""MCP over standard input and output, asking a server that runs somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import httpx2 as httpx

from roadworthy.doors.mcp.rest import Params, Refused, query, refusal
from roadworthy.doors.mcp.tools import build_server

_TIMEOUT_S = 60


class NetworkRest:
    """`server` is an address like http://127.0.0.1:8420; `key` is sent with each request."""

    def __init__(self, *, server: str, key: str | None) -> None:
        self._server = server.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    async def ask(
        self, path: str, params: Params, *, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Any:
        # `headers` of the MCP request are nobody's over standard input.
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S, headers=self._headers) as client:
                url = f"{self._server}/api/v1{path}"
                answer = await client.request(
                    "GET" if body is None else "POST", url, params=query(params), json=body
                )
                found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Refused(
                f"no answer from {self._server} ({error}). Start it with `roadworthy up`, or say where it is "
                "with --server"
            ) from None
        if not answer.is_success:
            raise refusal(answer.status_code, found)
        return found


def run_stdio(*, server: str, key: str | None) -> None:
    """Until standard input ends. Raises ValueError for an address that cannot be."""
    if not server.startswith(("http://", "https://")):
        raise ValueError(f"--server: {server!r} is no address; expected like http://127.0.0.1:8420")
    build_server(NetworkRest(server=server, key=key), version=version("roadworthy")).run("stdio")
