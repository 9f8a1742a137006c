"""How tools read: REST, in process or over the network. Access and meaning are decided there, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

Params = Mapping[str, str | int | bool | Sequence[str] | None]


class Refused(Exception):  # noqa: N818 (what the caller is told, not a bug)
    """REST refused; the message is its problem's title and detail."""


class Reads(Protocol):
    async def get(self, path: str, params: Params, *, headers: Mapping[str, str]) -> Any:
        """JSON of GET /api/v1<path>. `headers` are those of the MCP request. Raises Refused."""
        ...


def query(params: Params) -> str:
    """Parameters as they stand in a URL; None is left out, sequences are repeated."""
    out: list[tuple[str, str]] = []
    for name, value in params.items():
        if value is None:
            continue
        many = [value] if isinstance(value, (str, int)) else value
        out += [(name, str(int(one)) if isinstance(one, bool) else str(one)) for one in many]
    return urlencode(out)


def refusal(status: int, body: Any) -> Refused:
    problem = body if isinstance(body, dict) else {}
    said = ": ".join(str(problem[part]) for part in ("title", "detail") if problem.get(part))
    return Refused(f"{said or 'refused'} (HTTP {status})")
