"""An answer on its way to the agent: read while it passes, settled when it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roadworthy.contracts.upstream import Headers, UpstreamFailed, pour
from roadworthy.domain.exchange import Attempt, Dialect, Ending, Tokens
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.gateway.resilience.answer_cache import MOST_OF_ONE, CachedAnswer
from roadworthy.features.gateway.routes.call import Accounted
from roadworthy.features.gateway.routes.forwarding import content_type, passed_back
from roadworthy.features.gateway.routes.one_try import ErrorAnswer, Opened
from roadworthy.features.gateway.usage.reader import Reading, UsageReader, usage_reader

_OWN = frozenset({b"date", b"age", b"x-request-id", b"request-id", b"content-length", b"cf-ray"})
"""Of one answer, not of the next one given from the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What becomes of an answer that is over. `keep` None: it is not kept."""

    dialect: Dialect
    request_bytes: int
    settle: Callable[[Tokens | None, str, str], float | None]
    """(tokens, upstream, the model that answered) to its cost in USD; books it."""
    keep: Callable[[CachedAnswer], None] | None = None


class ForwardedAnswer:
    """See `routes.call.Passing`."""

    cached = False
    failure: TypedFailure | None = None

    def __init__(self, opened: Opened, *, attempts: Sequence[Attempt], settling: Settling) -> None:
        answer = opened.answer
        self._opened = opened
        self._answer = answer
        self._attempts = attempts
        self._settling = settling
        self.status = answer.status
        self.headers: Headers = passed_back(answer.headers)
        self.first = opened.first
        self.pinned = opened.planned.pinned
        self.upstream = opened.upstream.name
        self._kept: list[bytes] | None = [] if settling.keep is not None and self.status == 200 else None
        self._kept_bytes = 0
        self._broke = False
        self._whole = not opened.first
        self._accounted: Accounted | None = None
        self._usage = reader_of(settling.dialect, answer.headers)
        if opened.first:
            self.passed((opened.first,))

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(self._attempts)

    async def read(self) -> bytes:
        try:
            chunk = await self._answer.read()
        except UpstreamFailed:
            self._broke = True
            raise
        if chunk:
            self.passed((chunk,))
        else:
            self._whole = True
        return chunk

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        try:
            self._whole = await pour(self._answer, take)
        except UpstreamFailed:
            self._broke = True
            raise
        return self._whole

    def passed(self, chunks: Sequence[bytes]) -> None:
        self._usage.feed_all(chunks)
        if self._kept is not None:
            self._kept += chunks
            self._kept_bytes += sum(map(len, chunks))
            if self._kept_bytes > MOST_OF_ONE:
                self._kept = None

    async def abort(self) -> None:
        await self._answer.abort()

    def finish(self, ending: Ending) -> Accounted:
        if self._accounted is not None:
            return self._accounted
        read = self._usage.close(request_bytes=self._settling.request_bytes)
        # A stream that ends without its end was cut off, whatever HTTP says.
        cut_off = self._broke or (ending is Ending.COMPLETE and (not read.ended or read.failed))
        self._opened.over(None if ending is Ending.ABORTED else not cut_off)
        self._accounted = Accounted(
            tokens=read.tokens,
            cost_usd=self._settling.settle(read.tokens, self.upstream, read.answered),
            answered=read.answered,
            response_id=read.response_id,
            cut_off=cut_off,
        )
        if ending is Ending.COMPLETE and not cut_off:
            self._keep(read)
        return self._accounted

    def _keep(self, read: Reading) -> None:
        if self._kept is None or self._settling.keep is None or not self._whole or read.failed:
            return
        headers = [pair for pair in self.headers if pair[0] not in _OWN]
        self._settling.keep(
            CachedAnswer(
                status=self.status,
                headers=headers,
                chunks=tuple(self._kept),
                upstream=self.upstream,
                pinned=self.pinned,
            )
        )


class ErrorPassed:
    """An upstream's own error, passed on as it came."""

    cached = False

    def __init__(
        self,
        error: ErrorAnswer,
        *,
        failure: TypedFailure,
        attempts: Sequence[Attempt],
        upstream: str,
        pinned: str,
    ) -> None:
        self.status = error.status
        self.headers: Headers = passed_back(error.headers)
        self.first = error.body
        self.failure: TypedFailure | None = failure
        self.pinned = pinned
        self.upstream = upstream
        self._attempts = tuple(attempts)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return self._attempts

    async def read(self) -> bytes:
        return b""

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        return True

    def passed(self, chunks: Sequence[bytes]) -> None:
        pass

    async def abort(self) -> None:
        pass

    def finish(self, ending: Ending) -> Accounted:
        return Accounted()


class CachedPassed:
    """An answer from the cache: it costs nothing, and says what it took when it was made."""

    cached = True
    failure: TypedFailure | None = None

    def __init__(self, answer: CachedAnswer, *, dialect: Dialect, request_bytes: int) -> None:
        self.status = answer.status
        self.headers: Headers = answer.headers
        self.first = answer.chunks[0] if answer.chunks else b""
        self.pinned = answer.pinned
        self.upstream = answer.upstream
        self._dialect = dialect
        self._request_bytes = request_bytes
        self._chunks = answer.chunks
        self._at = 1

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return ()

    async def read(self) -> bytes:
        if self._at >= len(self._chunks):
            return b""
        self._at += 1
        return self._chunks[self._at - 1]

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        while chunk := await self.read():
            if not take(chunk):
                return False
        return True

    def passed(self, chunks: Sequence[bytes]) -> None:
        pass

    async def abort(self) -> None:
        self._at = len(self._chunks)

    def finish(self, ending: Ending) -> Accounted:
        usage = reader_of(self._dialect, self.headers)
        for chunk in self._chunks:
            usage.feed(chunk)
        read = usage.close(request_bytes=self._request_bytes)
        return Accounted(
            tokens=read.tokens, cost_usd=0.0, answered=read.answered, response_id=read.response_id
        )


def reader_of(dialect: Dialect, headers: Headers) -> UsageReader:
    encoding = b""
    for name, value in headers:
        if name == b"content-encoding":
            encoding = value
            break
    return usage_reader(
        dialect,
        content_type=content_type(headers).decode("latin-1"),
        content_encoding=encoding.decode("latin-1"),
    )
