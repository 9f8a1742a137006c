"""An HTTP system as tools."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from roadworthy.contracts.tool_system import ToolCallContext, ToolFailed, ToolResult, ToolSpec
from roadworthy.contracts.upstream import Headers, UpstreamFailed, UpstreamRequest, Waits
from roadworthy.domain.connector import Connector
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.access.credentials import credentials_of
from roadworthy.features.gateway.connectors.access.oauth import TokenFailed
from roadworthy.features.gateway.connectors.arguments import refused
from roadworthy.features.gateway.connectors.beginning import Beginning
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.connectors.http.answers import read_result, status_failure
from roadworthy.features.gateway.connectors.http.openapi import read_calls
from roadworthy.features.gateway.connectors.http.operation import Call, declared_call
from roadworthy.features.gateway.connectors.http.templates import (
    CannotFill,
    fill_body,
    fill_header,
    fill_path,
    fill_query,
)
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.reaching import identity_of, not_reached
from roadworthy.features.gateway.connectors.settings.http import HttpSettings

_BACKOFF_S = 0.2
_TRIED_AGAIN = frozenset({FailureCode.TIMEOUT, FailureCode.UNREACHABLE, FailureCode.INVALID_ANSWER})
_USER_AGENT = b"roadworthy"
_HeaderList = list[tuple[bytes, bytes]]


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
        self._begin = Beginning(connector, {name: one.spec for name, one in self._calls.items()})
        self._identity = identity_of(connector, tls=settings.tls, proxy=settings.proxy, parts=parts)
        self._shown = credentials_of(connector, settings.auth, identity=self._identity, parts=parts)
        self._tokens = self._shown.tokens

    async def tools(self) -> Sequence[ToolSpec]:
        return [one.spec for one in self._calls.values()]

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        found = self._calls.get(name)
        values = {**(found.defaults if found else {}), **arguments}
        begun = self._begin(name, values, context=context, most_s=found.timeout_s if found else None)
        call, about, seconds = self._calls[name], begun.about, begun.seconds
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

    async def check(self) -> str:
        """Calls the tool that the settings name, or asks for the URL: any answer will do that lets us in and
        is no failure of the system's own."""
        name, seconds = self._connector.name, self._connector.timeout_s
        context = ToolCallContext(project=self._connector.project, agent="", deadline_s=seconds)
        if self._settings.check:
            await self.call(self._settings.check, {}, context=context)
            return f"{self._settings.check} answers"
        spec = ToolSpec(name="check", description="", arguments={})
        probe = Call(spec=spec, method="GET", path="")
        try:
            async with asyncio.timeout(seconds):
                status, said = await self._looked_at(probe, about=name)
        except TimeoutError:
            raise failed(
                FailureCode.TIMEOUT, f"{name} did not answer within {seconds:g} s", about=name
            ) from None
        if status in (401, 403) or status >= 500:
            raise status_failure(status, said, about=name, idempotent=True)
        return f"it answers ({status})"

    async def close(self) -> None:
        if self._tokens is not None:
            await self._tokens.close()

    def _again(self, call: Call, failure: ToolFailed, *, tries: int) -> bool:
        """Only what is idempotent, or did not reach the system, and not what will fail again."""
        if tries > self._settings.retries:
            return False
        facts = failure.failure.facts
        if facts.get("reason"):
            return False
        if facts.get("token_renewed") or facts.get("sent") == "no":
            return True
        worth = failure.failure.code in _TRIED_AGAIN or facts.get("status", "") in (
            "429",
            "502",
            "503",
            "504",
        )
        return call.spec.idempotent and worth

    async def _looked_at(self, probe: Call, *, about: str) -> tuple[int, Headers]:
        """With a new access token where the one that is kept is not taken."""
        _, headers = self._payload(probe, {})
        for last in (False, True):
            try:
                status, said, _ = await self._asked(
                    probe, about, path="", query="", headers=headers, body=b""
                )
                break
            except ToolFailed as failure:
                if last or not failure.failure.facts.get("token_renewed"):
                    raise
        return status, said

    async def _once(
        self, call: Call, about: str, *, path: str, query: str, headers: _HeaderList, body: bytes
    ) -> ToolResult:
        status, said, answer = await self._asked(
            call, about, path=path, query=query, headers=headers, body=body
        )
        if not 200 <= status < 300:
            raise status_failure(status, said, about=about, idempotent=call.spec.idempotent)
        return read_result(said, answer, about=about, items=call.items, empty=call.method == "HEAD")

    async def _asked(
        self,
        call: Call,
        about: str,
        *,
        path: str,
        query: str,
        headers: _HeaderList,
        body: bytes,
    ) -> tuple[int, Headers, bytes]:
        credentials, token = list(self._shown.headers), ""
        if self._tokens is not None:
            try:
                token = await self._tokens.token()
            except TokenFailed as failure:
                raise failed(failure.code, f"{about} was not called: {failure}", about=about) from None
            credentials.append((b"authorization", b"Bearer " + token.encode()))
        query = "&".join(one for one in (query, self._shown.query) if one)
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
        return status, said, answer

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
            raise not_reached(
                failure,
                about=about,
                may_repeat=call.spec.idempotent,
                max_bytes=self._connector.max_result_bytes,
            ) from None
        return answer.status, answer.headers, bytes(body)

    def _payload(self, call: Call, values: Mapping[str, Any]) -> tuple[bytes, _HeaderList]:
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


def host_of(settings: HttpSettings) -> str:
    return urlsplit(settings.url).hostname or ""
