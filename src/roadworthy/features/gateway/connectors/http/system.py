"""An HTTP system as tools."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

from roadworthy.contracts.tool_system import ToolCallContext, ToolFailed, ToolResult, ToolSpec
from roadworthy.contracts.upstream import Headers, Identity, UpstreamFailed, UpstreamRequest, Waits
from roadworthy.domain.connector import Connector
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.arguments import ArgumentCheck, SchemaInvalid, refused
from roadworthy.features.gateway.connectors.failing import failed, no_such_tool
from roadworthy.features.gateway.connectors.http.answers import read_result, status_failure
from roadworthy.features.gateway.connectors.http.oauth import TokenFailed, TokenSource
from roadworthy.features.gateway.connectors.http.openapi import read_calls
from roadworthy.features.gateway.connectors.http.operation import Call, declared_call
from roadworthy.features.gateway.connectors.http.templates import (
    CannotFill,
    fill_body,
    fill_header,
    fill_path,
    fill_query,
)
from roadworthy.features.gateway.connectors.opened import Parts, SecretMissing, folder_of
from roadworthy.features.gateway.connectors.settings.http import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    HttpSettings,
    OAuth2Auth,
)

_BACKOFF_S = 0.2
_TRIED_AGAIN = frozenset({FailureCode.TIMEOUT, FailureCode.UNREACHABLE, FailureCode.INVALID_ANSWER})
_USER_AGENT = b"roadworthy"


def calls_of(settings: HttpSettings) -> dict[str, Call]:
    """By tool. What was declared goes before what the document has. Raises DocumentInvalid."""
    found = {one.spec.name: one for one in (read_calls(settings.openapi) if settings.openapi else [])}
    found |= {name: declared_call(name, one) for name, one in settings.operations.items()}
    return {name: one for name, one in found.items() if one.spec.read_only or not settings.read_only}


class HttpSystem:
    """See `contracts.tool_system.ToolSystem`. For one event loop. Raises SecretMissing and
    DocumentInvalid."""

    def __init__(self, connector: Connector, settings: HttpSettings, parts: Parts) -> None:
        self._connector = connector
        self._settings = settings
        self._parts = parts
        self._calls = calls_of(settings)
        self._checks: dict[str, ArgumentCheck] = {}
        self._identity = self._identify()
        self._fixed, self._fixed_query = self._credentials()
        self._tokens = self._token_source()

    async def tools(self) -> Sequence[ToolSpec]:
        return [one.spec for one in self._calls.values()]

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        call = self._calls.get(name)
        if call is None:
            raise no_such_tool(name, connector=self._connector.name)
        about = f"{self._connector.name}.{name}"
        seconds = min(call.timeout_s or self._connector.timeout_s, context.deadline_s)
        values = {**call.defaults, **arguments}
        self._check(call, about)(values)
        try:
            path, query = fill_path(call.path, values), fill_query(call.query, values)
            body, headers = self._payload(call, values)
        except CannotFill as cannot:
            raise refused(about, str(cannot)) from None
        if context.traceparent:
            headers.append((b"traceparent", context.traceparent.encode("ascii", "ignore")))
        tries = 0
        try:
            async with asyncio.timeout(seconds):
                while True:
                    tries += 1
                    try:
                        return await self._once(
                            call, about, path=path, query=query, headers=headers, body=body
                        )
                    except ToolFailed as failure:
                        if not self._again(call, failure, tries=tries):
                            raise
                        pause = _BACKOFF_S * 2 ** (tries - 1) * random.uniform(0.5, 1.5)  # noqa: S311
                        await asyncio.sleep(max(pause, failure.failure.retry_after_s or 0))
        except TimeoutError:
            raise failed(
                FailureCode.TIMEOUT,
                f"{about} did not answer within {seconds:g} s",
                about=about,
                may_repeat=call.spec.idempotent,
                attempts=str(tries),
            ) from None

    async def close(self) -> None:
        if self._tokens is not None:
            await self._tokens.close()

    def _again(self, call: Call, failure: ToolFailed, *, tries: int) -> bool:
        """Only what is idempotent, or did not reach the system, and not what will fail again."""
        if tries > self._settings.retries:
            return False
        facts = failure.failure.facts
        if facts.get("token_renewed") or facts.get("sent") == "no":
            return True
        worth = failure.failure.code in _TRIED_AGAIN or facts.get("status", "") in (
            "429",
            "502",
            "503",
            "504",
        )
        return call.spec.idempotent and worth

    async def _once(
        self,
        call: Call,
        about: str,
        *,
        path: str,
        query: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
    ) -> ToolResult:
        credentials, token = list(self._fixed), ""
        if self._tokens is not None:
            try:
                token = await self._tokens.token()
            except TokenFailed as failure:
                raise failed(failure.code, f"{about} was not called: {failure}", about=about) from None
            credentials.append((b"authorization", b"Bearer " + token.encode()))
        query = "&".join(one for one in (query, self._fixed_query) if one)
        base = self._settings.url.rstrip("/")
        request = UpstreamRequest(
            method=call.method,
            url=f"{base}{path}" + (f"?{query}" if query else ""),
            headers=[*headers, *credentials],
            body=body,
            waits=Waits(connect_s=5.0, first_byte_s=600, between_s=30, total_s=600),
            allow_private=self._connector.allow_private,
            identity=self._identity,
            max_answer_bytes=self._connector.max_result_bytes,
        )
        status, said, answer = await self._exchange(request, call=call, about=about)
        if status == 401 and token and self._tokens is not None:
            self._tokens.refused(token)
            raise failed(
                FailureCode.UPSTREAM_REFUSED,
                f"{about} refused the access token",
                about=about,
                status="401",
                token_renewed="yes",  # noqa: S106 (a fact, no password)
            )
        if not 200 <= status < 300:
            raise status_failure(status, said, about=about, idempotent=call.spec.idempotent)
        return read_result(said, answer, about=about, items=call.items, empty=call.method == "HEAD")

    async def _exchange(
        self, request: UpstreamRequest, *, call: Call, about: str
    ) -> tuple[int, Headers, bytes]:
        try:
            answer = await self._parts.transport.send(request)
            try:
                body = bytearray()
                while part := await answer.read():
                    body += part
                    if len(body) > self._connector.max_result_bytes:
                        raise UpstreamFailed(FailureCode.TOO_LARGE, "too large", sent=True)
            finally:
                await answer.abort()
        except UpstreamFailed as failure:
            raise self._transport_failure(failure, call=call, about=about) from None
        return answer.status, answer.headers, bytes(body)

    def _transport_failure(self, failure: UpstreamFailed, *, call: Call, about: str) -> ToolFailed:
        words = {
            FailureCode.TIMEOUT: "did not answer in time",
            FailureCode.UNREACHABLE: "cannot be reached",
            FailureCode.TOO_LARGE: f"answered with more than {self._connector.max_result_bytes} bytes",
            FailureCode.INVALID_ANSWER: "answered with what is no HTTP, or was cut off",
            FailureCode.NOT_ALLOWED: "is at an address that may not be connected to",
        }
        return failed(
            failure.code,
            f"{about} {words.get(failure.code, 'failed')}",
            about=about,
            may_repeat=call.spec.idempotent or not failure.sent,
            sent="" if failure.sent or failure.code is not FailureCode.UNREACHABLE else "no",
        )

    def _check(self, call: Call, about: str) -> ArgumentCheck:
        found = self._checks.get(call.spec.name)
        if found is None:
            try:
                found = ArgumentCheck(call.spec.arguments, about=about)
            except SchemaInvalid as invalid:
                raise refused(about, f"its own schema is none: {invalid}") from None
            self._checks[call.spec.name] = found
        return found

    def _payload(self, call: Call, values: Mapping[str, Any]) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Raises CannotFill."""
        headers = [
            (b"accept", b"application/json, text/*;q=0.8"),
            # Uncompressed, so that the bound on bytes bounds memory, too.
            (b"accept-encoding", b"identity"),
            (b"user-agent", _USER_AGENT),
        ]
        for name, template in {**self._settings.headers, **call.headers}.items():
            value = fill_header(template, values)
            if value is not None:
                headers = [one for one in headers if one[0] != name.lower().encode()]
                headers.append((name.lower().encode(), value.encode("latin-1")))
        if call.body is None:
            return b"", headers
        filled = fill_body(call.body, values)
        if call.form:
            if not isinstance(filled, dict):
                raise CannotFill("body: expected an object, it goes as a form")
            pairs = {key: v if isinstance(v, str) else orjson.dumps(v).decode() for key, v in filled.items()}
            return urlencode(pairs).encode(), [
                *headers,
                (b"content-type", b"application/x-www-form-urlencoded"),
            ]
        try:
            body = orjson.dumps(filled)
        except (TypeError, orjson.JSONEncodeError):
            raise CannotFill("body: expected JSON values") from None
        if not any(name == b"content-type" for name, _ in headers):
            headers.append((b"content-type", b"application/json"))
        return body, headers

    def _identify(self) -> Identity | None:
        tls, proxy = self._settings.tls, self._settings.proxy
        if tls.certificate is None and not tls.authority and proxy is None:
            return None
        secret = self._parts.secret
        return Identity(
            client_certificate=secret(self._connector, tls.certificate),
            client_key=secret(self._connector, tls.key),
            authority=tls.authority,
            proxy=proxy if isinstance(proxy, str) else secret(self._connector, proxy),
        )

    def _credentials(self) -> tuple[list[tuple[bytes, bytes]], str]:
        """(headers, query) of every request. Raises SecretMissing."""
        auth = self._settings.auth
        if isinstance(auth, BearerAuth):
            return [(b"authorization", b"Bearer " + self._header_secret(auth.token))], ""
        if isinstance(auth, BasicAuth):
            pair = f"{auth.user}:{self._parts.secret(self._connector, auth.password)}".encode()
            return [(b"authorization", b"Basic " + base64.b64encode(pair))], ""
        if isinstance(auth, ApiKeyAuth):
            if auth.query is not None:
                key = self._parts.secret(self._connector, auth.key)
                return [], f"{quote(auth.query, safe='')}={quote(key, safe='')}"
            name = (auth.header or "").lower().encode()
            return [(name, auth.prefix.encode("latin-1") + self._header_secret(auth.key))], ""
        return [], ""

    def _header_secret(self, ref: Any) -> bytes:
        text = self._parts.secret(self._connector, ref).strip()
        if any(ord(c) < 32 or ord(c) == 127 or ord(c) > 255 for c in text):
            raise SecretMissing("a secret that goes into a header must be one line of latin-1 text")
        return text.encode("latin-1")

    def _token_source(self) -> TokenSource | None:
        auth = self._settings.auth
        if not isinstance(auth, OAuth2Auth):
            return None
        kept = folder_of(self._parts, self._connector) / "refresh.token"
        refresh = self._parts.secret(self._connector, auth.refresh_token)
        if refresh and kept.is_file():
            refresh = self._kept_token(kept, before=refresh)

        def keep(token: str) -> None:
            if self._parts.seal is None:
                return
            kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = kept.with_suffix(".new")
            draft.touch(mode=0o600)
            text = f"{self._parts.seal(self._parts.secret(self._connector, auth.refresh_token))}\n"
            draft.write_text(text + self._parts.seal(token))
            draft.replace(kept)

        return TokenSource(
            auth,
            transport=self._parts.transport,
            client_secret=self._parts.secret(self._connector, auth.client_secret),
            refresh_token=refresh,
            allow_private=self._connector.allow_private,
            timeout_s=self._connector.timeout_s,
            keep=keep,
        )

    def _kept_token(self, kept: Any, *, before: str) -> str:
        """The rotated one, unless a person has entered another since."""
        try:
            first, _, token = kept.read_text().partition("\n")
            return self._parts.unseal(token) if self._parts.unseal(first) == before else before
        except Exception:  # noqa: BLE001 (half a file, another key: what the person entered holds)
            return before


def host_of(settings: HttpSettings) -> str:
    return urlsplit(settings.url).hostname or ""
