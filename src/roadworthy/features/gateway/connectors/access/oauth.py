"""Access tokens of OAuth 2.0 (RFC 6749, 4.4 and 6), fetched once however many calls wait for one."""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import orjson

from roadworthy.contracts.upstream import Identity, Transport, UpstreamFailed, UpstreamRequest, Waits
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.access.token_file import KeptTokens, LockBusy, TokenFile
from roadworthy.features.gateway.connectors.reaching import why
from roadworthy.features.gateway.connectors.settings.http import OAuth2Auth
from roadworthy.kit.sealing import CannotOpen

log = logging.getLogger(__name__)

EARLY_S = 30.0
"""A token is renewed so long before it ends, or half its life for short ones."""
_UNSAID_S = 300.0
"""How long a token is taken for good whose life the server does not tell."""
_LONGEST_S = 86_400.0
_MOST_BYTES = 65_536
_PAUSE_S = 2.0
"""After a failure; until then those who ask get the same answer: a token endpoint in trouble is not
helped."""

_ERRORS = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope")


class TokenFailed(Exception):  # noqa: N818 (a condition, not a bug)
    """`code` says how; the message holds nothing that the server said."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted:
    token: str = field(repr=False)
    seconds: float
    """For which it is taken for good."""
    rotated: str = field(repr=False)
    """A new refresh token; "" where the old one stays."""


class TokenSource:
    """For one event loop. With `kept`, all processes that share its file renew one after the other, and take
    what another has just got. `renewing` is the command that enters another refresh token."""

    def __init__(
        self,
        auth: OAuth2Auth,
        *,
        transport: Transport,
        client_secret: str,
        refresh_token: str,
        allow_private: bool,
        timeout_s: float,
        identity: Identity | None = None,
        renewing: str = "",
        kept: TokenFile | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._auth = auth
        self._transport = transport
        self._client_secret = client_secret
        self._refresh_token = refresh_token
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._identity = identity
        self._renewing = renewing
        self._kept = kept
        self._unwritten: KeptTokens | None = None
        """What could not be written: it goes before the file."""
        self._clock = clock
        self._token = ""
        self._refused = ""
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
        self._refused = token
        if token == self._token:
            self._token = ""

    async def close(self) -> None:
        """Waits for a refresh under way: the token that was shown for it is gone, and what comes must be
        kept."""
        fetching = self._fetching
        if fetching is None or fetching.done():
            return
        if self._kept is not None:
            await asyncio.wait({fetching}, timeout=self._timeout_s)
        fetching.cancel()

    async def _fetch(self) -> str:
        try:
            if self._kept is not None:
                await self._renew(self._kept)
            else:
                self._take(await self._granted())
        except TokenFailed as failure:
            self._failed = (self._clock() + _PAUSE_S, failure)
            raise
        self._failed = None
        return self._token

    async def _renew(self, kept: TokenFile) -> None:
        try:
            async with kept.locked(seconds=self._timeout_s):
                found = self._unwritten or kept.read()
                self._refresh_token = found.refresh
                if found.access not in ("", self._refused) and time.time() < found.until:
                    # Another process renewed while this one waited.
                    self._token = found.access
                    self._until = self._clock() + found.until - time.time()
                    return
                granted = await self._granted()
                self._take(granted)
                until = time.time() + granted.seconds
                self._unwritten = KeptTokens(refresh=self._refresh_token, access=granted.token, until=until)
                await asyncio.to_thread(kept.write, self._unwritten)
                self._unwritten = None
        except LockBusy:
            what = "another process renews the access token, and does not come to an end"
            raise TokenFailed(FailureCode.TIMEOUT, what) from None
        except (OSError, CannotOpen) as odd:
            if not self._token:
                what = f"no token can be kept: {odd}"
                raise TokenFailed(FailureCode.GATEWAY_ERROR, what) from None
            log.error("a renewed token cannot be written: %s", odd)

    async def _granted(self) -> _Granted:
        status, body = await self._ask()
        return self._read(status, body)

    def _take(self, granted: _Granted) -> None:
        self._token = granted.token
        self._until = self._clock() + granted.seconds
        self._refresh_token = granted.rotated or self._refresh_token

    def _read(self, status: int, body: bytes) -> _Granted:
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            said = None
        if status != 200:
            raise self._refusal(status, said.get("error") if isinstance(said, dict) else None)
        token = said.get("access_token") if isinstance(said, dict) else None
        kind = str(said.get("token_type", "bearer")) if isinstance(said, dict) else ""
        if not isinstance(token, str) or not token or kind.lower() != "bearer":
            raise TokenFailed(FailureCode.INVALID_ANSWER, "the token endpoint gave no bearer token")
        if len(token) > 32_768 or any(ord(c) <= 32 or ord(c) >= 127 for c in token):
            # RFC 6750, 2.1: what else would get into a header.
            raise TokenFailed(FailureCode.INVALID_ANSWER, "the token endpoint gave a token that is none")
        seconds = _life(said.get("expires_in"))
        rotated = said.get("refresh_token")
        return _Granted(
            token=token,
            seconds=max(seconds - EARLY_S, seconds / 2),
            rotated=rotated if isinstance(rotated, str) and self._refresh_token else "",
        )

    def _refusal(self, status: int, error: object) -> TokenFailed:
        """Of its `error` only what RFC 6749 (5.2) defines is repeated."""
        code = FailureCode.UPSTREAM_ERROR if status >= 500 else FailureCode.UPSTREAM_REFUSED
        if error == "invalid_grant" and self._refresh_token:
            again = f": {self._renewing}" if self._renewing else ""
            return TokenFailed(code, f"the refresh token is no longer accepted; enter another one{again}")
        known = f" ({error})" if error in _ERRORS else ""
        return TokenFailed(code, f"the token endpoint answered {status}{known}")

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
            identity=self._identity,
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
            raise TokenFailed(
                failure.code, f"the token endpoint {why(failure, max_bytes=_MOST_BYTES)}"
            ) from None
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
