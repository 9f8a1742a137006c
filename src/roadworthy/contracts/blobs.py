"""What a blob store promises: bytes kept under the digest of what they are.

Promises
- The name of a blob is the SHA-256 of its bytes (64 hex digits), under its project: nobody reads another's.
- `put` returns once all of its blobs are durable, or raises and none of them can be read. Putting one again
  changes nothing. One writer at a time; readers are many, in other processes too.
- What is read is what was written: bytes that do not have their digest are `BlobDamaged`, never returned.
- Blobs lie by the day they were made on, so that a day is dropped at the cost of a few files.
- Errors: `StoreFull` (no space, or less than is to stay free), `StoreUnavailable`, `BlobTooLarge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    project: str
    day: str
    """YYYY-MM-DD, UTC."""
    data: bytes


class BlobTooLarge(ValueError):  # noqa: N818 (a condition)
    """Beyond what one blob may hold; nothing of the call was written."""


class BlobDamaged(Exception):  # noqa: N818
    """What lies there is not what was written."""


class BlobReader(Protocol):
    def get(self, project: str, digest: str, *, day: str = "") -> bytes | None:
        """None where it never was or is gone. `day` is where to look first. Raises BlobDamaged."""
        ...

    def bytes_on_disk(self, project: str) -> int: ...

    def close(self) -> None: ...


class BlobStore(BlobReader, Protocol):
    def put(self, blobs: Sequence[Blob]) -> list[str]:
        """Their digests, in order."""
        ...

    def delete(self, project: str, digest: str, *, day: str = "") -> bool:
        """Whether it was there. Its bytes are overwritten."""
        ...

    def drop_days_before(self, project: str, day: str) -> int:
        """How many days went."""
        ...

    def delete_project(self, project: str) -> None: ...
