"""How tools ask: over REST, in process or over the network. Access and meaning are decided there, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

Params = Mapping[str, str | int | bool | Sequence[str] | None]


class Refused(Exception):  # noqa: N818 (what the caller is told, not a bug)
    """REST refused, with `problem`: its title and detail are the message. `status` 0: nobody answered."""

    def __init__(self, said: str, *, status: int = 0, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(said)
        self.status, self.problem = status, problem or {}


class Rest(Protocol):
    async def ask(
        self, path: str, params: Params, *, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Any:
        """JSON of GET /api/v1<path>, of POST where there is a `body`. `headers` are those of the MCP request.
        Raises Refused."""
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
    return Refused(f"{said or 'refused'} (HTTP {status})", status=status, problem=problem)


def credentials(headers: Mapping[str, str] | None) -> dict[str, str]:
    """What the caller showed who it is with; over standard input there is nobody to ask."""
    lowered = {name.lower(): value for name, value in (headers or {}).items()}
    return {name: lowered[name] for name in ("authorization", "x-api-key", "cookie") if name in lowered}
