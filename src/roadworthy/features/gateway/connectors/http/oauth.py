"""Access tokens of OAuth 2.0 (RFC 6749, 4.4 and 6), fetched once however many calls wait for one."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

import orjson

from roadworthy.contracts.upstream import Transport, UpstreamFailed, UpstreamRequest, Waits
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.settings.http import OAuth2Auth

EARLY_S = 30.0
"""A token is renewed so long before it ends, or half its life for short ones."""
_UNSAID_S = 300.0
"""How long a token is taken for good whose life the server does not tell."""
_LONGEST_S = 86_400.0
_MOST_BYTES = 65_536
_PAUSE_S = 2.0
"""After a failure; until then those who ask get the same answer: a token endpoint in trouble is not
helped."""


class TokenFailed(Exception):  # noqa: N818 (a condition, not a bug)
    """`code` says how; the message holds nothing that the server said."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class TokenSource:
    """For one event loop. `keep` is told a new refresh token where the server rotates it."""

    def __init__(
        self,
        auth: OAuth2Auth,
        *,
        transport: Transport,
        client_secret: str,
        refresh_token: str,
        allow_private: bool,
        timeout_s: float,
        keep: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._auth = auth
        self._transport = transport
        self._client_secret = client_secret
        self._refresh_token = refresh_token
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._keep = keep
        self._clock = clock
        self._token = ""
        self._until = 0.0
        self._failed: tuple[float, TokenFailed] | None = None
        self._fetching: asyncio.Task[str] | None = None

    async def token(self) -> str:
        """Raises TokenFailed. One who is cancelled takes nobody else's token away."""
        if self._token and self._clock() < self._until:
            return self._token
        if self._failed is not None and self._clock() < self._failed[0]:
            raise TokenFailed(self._failed[1].code, str(self._failed[1]))
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(_seen)
        return await asyncio.shield(self._fetching)

    def refused(self, token: str) -> None:
        """The system took it no longer: the next call fetches another."""
        if token == self._token:
            self._token = ""

    async def close(self) -> None:
        if self._fetching is not None and not self._fetching.done():
            self._fetching.cancel()

    async def _fetch(self) -> str:
        try:
            status, body = await self._ask()
            self._take(status, body)
        except TokenFailed as failure:
            self._failed = (self._clock() + _PAUSE_S, failure)
            raise
        self._failed = None
        return self._token

    def _take(self, status: int, body: bytes) -> None:
        if status != 200:
            code = FailureCode.UPSTREAM_ERROR if status >= 500 else FailureCode.UPSTREAM_REFUSED
            raise TokenFailed(code, f"the token endpoint answered {status}")
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            said = None
        token = said.get("access_token") if isinstance(said, dict) else None
        kind = str(said.get("token_type", "bearer")) if isinstance(said, dict) else ""
        if not isinstance(token, str) or not token or kind.lower() != "bearer":
            raise TokenFailed(FailureCode.INVALID_ANSWER, "the token endpoint gave no bearer token")
        if len(token) > 32_768 or any(ord(c) <= 32 or ord(c) >= 127 for c in token):
            # RFC 6750, 2.1: what else would get into a header.
            raise TokenFailed(FailureCode.INVALID_ANSWER, "the token endpoint gave a token that is none")
        seconds = _life(said.get("expires_in"))
        self._token = token
        self._until = self._clock() + max(seconds - EARLY_S, seconds / 2)
        rotated = said.get("refresh_token")
        if isinstance(rotated, str) and rotated and rotated != self._refresh_token and self._refresh_token:
            self._refresh_token = rotated
            self._keep(rotated)

    async def _ask(self) -> tuple[int, bytes]:
        auth = self._auth
        form = {"grant_type": "client_credentials"}
        if auth.type == "oauth2_refresh_token":
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        form |= {"scope": auth.scope} if auth.scope else {}
        form |= {"audience": auth.audience} if auth.audience else {}
        headers = [
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"accept", b"application/json"),
            (b"accept-encoding", b"identity"),
        ]
        if auth.client_in == "header" and self._client_secret:
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote(auth.client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers.append((b"authorization", b"Basic " + base64.b64encode(pair.encode())))
        else:
            form |= {"client_id": auth.client_id}
            form |= {"client_secret": self._client_secret} if self._client_secret else {}
        request = UpstreamRequest(
            method="POST",
            url=auth.token_url,
            headers=headers,
            body=urlencode(form).encode(),
            waits=Waits(
                connect_s=self._timeout_s, first_byte_s=self._timeout_s, between_s=5, total_s=self._timeout_s
            ),
            allow_private=self._allow_private,
            max_answer_bytes=_MOST_BYTES,
        )
        try:
            answer = await self._transport.send(request)
            try:
                body = bytearray()
                while part := await answer.read():
                    body += part
            finally:
                await answer.abort()
        except UpstreamFailed as failure:
            raise TokenFailed(failure.code, f"the token endpoint failed: {failure.code.value}") from None
        return answer.status, bytes(body)


def _life(said: object) -> float:
    """Seconds. What is no sensible number is taken for little."""
    if isinstance(said, str) and said.isdigit():
        said = int(said)
    if isinstance(said, bool) or not isinstance(said, int | float):
        return _UNSAID_S
    return min(max(float(said), 0.0), _LONGEST_S) if said == said else _UNSAID_S


def _seen(task: asyncio.Task[str]) -> None:
    # All who waited may have been cancelled: then nobody else looks at what became of it.
    if not task.cancelled():
        task.exception()
