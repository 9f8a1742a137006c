"""What every request passes first: Host, Origin, and the headers that keep browsers careful."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roadworthy.doors.rest.problems import Problem
from roadworthy.doors.rest.settings import RestSettings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Nothing from elsewhere: what an agent wrote must not make the reader's browser call anyone."""
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "content-security-policy": _CSP,
}


class Guard:
    """ASGI middleware. Refuses Host names that are not this server's (DNS rebinding: a page elsewhere whose
    name was made to point here) and unsafe requests that another origin's page sent."""

    def __init__(self, app: ASGIApp, *, settings: RestSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send, api=scope["path"].startswith("/api/"))
        problem = self._refusal(scope)
        if problem is not None:
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        allowed = self._settings.allowed_hosts
        if "*" not in allowed and _name(host) not in allowed:
            return Problem(
                421,
                code="unknown_host",
                title="This server does not answer to that name",
                detail=f"header.host: {host[:100]!r} is not among the allowed names; "
                "add it with ROADWORTHY_ALLOWED_HOSTS.",
            )
        if scope["method"] in _SAFE:
            return None
        origin = headers.get("origin")
        foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        if origin is not None:
            foreign = urlsplit(origin).netloc != host and origin not in self._settings.allowed_origins
        if foreign:
            return Problem(
                403,
                code="foreign_origin",
                title="A page of another site sent this",
                detail=f"header.origin: {(origin or 'none')[:100]!r} may not change anything here.",
            )
        return None


def _name(host: str) -> str:
    """Without port, lower case; IPv6 keeps its brackets."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _with_headers(send: Send, *, api: bool) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if api:
                headers.setdefault("cache-control", "no-store")
        await send(message)

    return guarded
