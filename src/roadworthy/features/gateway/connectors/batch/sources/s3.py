"""A bucket of S3, or of a store that speaks like it: two requests (list, get) over the gateway's own
transport, so that no SDK is needed and the same addresses are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from roadworthy.contracts.upstream import Transport, UpstreamFailed, UpstreamRequest, Waits
from roadworthy.features.gateway.connectors.batch.sources.entry import Entry, SourceFailed
from roadworthy.features.gateway.connectors.batch.sources.signing import path_text, query_text, signed_headers
from roadworthy.features.gateway.connectors.settings.batch import S3Source

_LISTED_MOST = 100_000
_LIST_BYTES = 16 << 20


class S3:
    def __init__(
        self,
        settings: S3Source,
        *,
        secret_key: str,
        session_token: str,
        transport: Transport,
        allow_private: bool,
        timeout_s: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._secret_key = secret_key
        self._session_token = session_token
        self._transport = transport
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._now = now

    async def entries(self) -> list[Entry]:
        found: list[Entry] = []
        token = ""
        while True:
            query = {"list-type": "2", "prefix": self._settings.prefix, "delimiter": "/"}
            query |= {"continuation-token": token} if token else {}
            answer = await self._send("", query, most_bytes=_LIST_BYTES)
            try:
                page, token = _read_list(await _all(answer), prefix=self._settings.prefix)
            except (ParseError, DefusedXmlException, ValueError):
                raise SourceFailed("the bucket's list cannot be read") from None
            found += page
            if not token or len(found) >= _LISTED_MOST:
                return found

    async def fetch(self, entry: Entry, *, into: Path, most_bytes: int) -> Path:
        answer = await self._send(
            f"{self._settings.prefix}{entry.name}", {}, most_bytes=min(most_bytes, entry.bytes)
        )
        taken = 0
        try:
            with into.open("wb") as here:
                while block := await answer.read():
                    taken += len(block)
                    await asyncio.to_thread(here.write, block)
        except UpstreamFailed as failure:
            raise SourceFailed(f"{entry.name} cannot be fetched: {failure.code.value}") from None
        finally:
            await answer.abort()
        if taken != entry.bytes:
            raise SourceFailed(f"{entry.name} has changed meanwhile")
        return into

    async def close(self) -> None:
        pass

    async def _send(self, key: str, query: dict[str, str], *, most_bytes: int) -> Any:
        settings = self._settings
        parts = urlsplit(settings.endpoint)
        path = f"{parts.path.rstrip('/')}/{settings.bucket}" + (f"/{path_text(key)}" if key else "")
        headers = {"x-amz-security-token": self._session_token} if self._session_token else {}
        signed = signed_headers(
            method="GET",
            host=parts.netloc,
            path=path,
            query=query,
            headers=headers,
            access_key=settings.access_key,
            secret_key=self._secret_key,
            region=settings.region,
            now=self._now(),
        )
        request = UpstreamRequest(
            method="GET",
            url=f"{parts.scheme}://{parts.netloc}{path}" + (f"?{query_text(query)}" if query else ""),
            headers=[(name.encode(), value.encode()) for name, value in signed.items() if name != "host"],
            body=b"",
            waits=Waits(
                connect_s=self._timeout_s, first_byte_s=self._timeout_s * 3, between_s=30, total_s=None
            ),
            allow_private=self._allow_private,
            max_answer_bytes=most_bytes,
        )
        try:
            answer = await self._transport.send(request)
        except UpstreamFailed as failure:
            raise SourceFailed(f"{parts.hostname} does not answer: {failure.code.value}") from None
        if answer.status != 200:
            await answer.abort()
            words = {403: "does not accept our credentials", 404: "has no such bucket or file"}
            said = words.get(answer.status, f"answered {answer.status}")
            raise SourceFailed(f"{parts.hostname} {said}")
        return answer


async def _all(answer: Any) -> bytes:
    taken = bytearray()
    try:
        while block := await answer.read():
            taken += block
    except UpstreamFailed as failure:
        raise SourceFailed(f"the bucket's list cannot be read: {failure.code.value}") from None
    finally:
        await answer.abort()
    return bytes(taken)


def _read_list(body: bytes, *, prefix: str) -> tuple[list[Entry], str]:
    """(files, where the next page begins)."""
    root = fromstring(body, forbid_dtd=True)
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    found = []
    for one in root.iter(f"{space}Contents"):
        said = {child.tag.removeprefix(space): child.text or "" for child in one}
        name = said["Key"].removeprefix(prefix)
        changed = datetime.fromisoformat(said["LastModified"].replace("Z", "+00:00"))
        if name and "/" not in name:
            found.append(
                Entry(
                    name=name,
                    bytes=int(said["Size"]),
                    changed_ns=round(changed.timestamp() * 1000) * 1_000_000,
                )
            )
    return found, root.findtext(f"{space}NextContinuationToken") or ""
