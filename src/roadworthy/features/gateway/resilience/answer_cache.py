"""Answers that are given again to the very same request: exact, asked for by the route, bounded in bytes.

Only whole, good answers are kept. One that was streamed is given as a stream again, chunk by chunk.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import orjson

from roadworthy.contracts.upstream import Headers

MOST_BYTES = 64 << 20
MOST_OF_ONE = 4 << 20
_IGNORED = frozenset({"metadata", "user", "prompt_cache_key", "safety_identifier", "store"})
"""What differs between equal requests and changes no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedAnswer:
    status: int
    headers: Headers
    chunks: tuple[bytes, ...]
    upstream: str
    pinned: str

    @property
    def size(self) -> int:
        return sum(map(len, self.chunks)) + sum(len(name) + len(value) for name, value in self.headers) + 200


def request_digest(*parts: str, body: bytes) -> str:
    """Of what decides an answer: the order of members and spaces do not. `body` is JSON."""
    said = orjson.loads(body)
    if isinstance(said, dict):
        said = {name: value for name, value in said.items() if name not in _IGNORED}
    digest = hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
    for part in parts:
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()


class AnswerCache:
    """Times are seconds of a clock that never goes back. Used by one event loop."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[str, tuple[float, CachedAnswer]] = OrderedDict()
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, digest: str, *, now: float) -> CachedAnswer | None:
        held = self._held.get(digest)
        if held is not None and held[0] <= now:
            self._drop(digest)
            held = None
        if held is None:
            self.misses += 1
            return None
        self.hits += 1
        self._held.move_to_end(digest)
        return held[1]

    def put(self, digest: str, answer: CachedAnswer, *, until: float) -> None:
        if answer.size > min(MOST_OF_ONE, self._most_bytes):
            return
        if digest in self._held:
            self._drop(digest)
        self._held[digest] = (until, answer)
        self.bytes += answer.size
        while self.bytes > self._most_bytes:
            self._drop(next(iter(self._held)))

    def forget(self) -> None:
        self._held.clear()
        self.bytes = 0

    def _drop(self, digest: str) -> None:
        self.bytes -= self._held.pop(digest)[1].size
