"""Decompression that stops at a limit: a small body that unpacks to gigabytes is never unpacked."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

from roadworthy.doors.otlp.refusal import Refused

_PIECE_BYTES = 1 << 20
"""What is unpacked at a time, and so how far past a limit the memory can go."""


class Inflater(Protocol):
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Unpack what arrived, in pieces of at most a mebibyte. Raises Refused (bad_compression)."""
        ...

    def finish(self) -> None:
        """The body has ended. Raises Refused (bad_compression) where it ended too early."""
        ...


class _Plain:
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        pass


class _Zlib:
    """gzip (of several members too, RFC 1952) or zlib (what HTTP calls deflate, RFC 9110)."""

    def __init__(self, *, name: str, window: int) -> None:
        self._name = name
        self._window = window
        self._stream = zlib.decompressobj(window)
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._stream.eof:
                self._stream = zlib.decompressobj(self._window)
            self._begun = True
            try:
                piece = self._stream.decompress(chunk, _PIECE_BYTES)
            except zlib.error as error:
                raise Refused("bad_compression", f"The body is not whole {self._name}: {error}") from error
            if piece:
                yield piece
            chunk = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def finish(self) -> None:
        if self._begun and not self._stream.eof:
            raise Refused("bad_compression", f"The {self._name} body ends before its end marker.")


def inflater(encoding: str) -> Inflater:
    """For a Content-Encoding; "" is none. Raises Refused (unsupported_encoding)."""
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Zlib(name="gzip", window=16 + zlib.MAX_WBITS)
        case "deflate":
            return _Zlib(name="deflate", window=zlib.MAX_WBITS)
    raise Refused(
        "unsupported_encoding", f"Content-Encoding: expected gzip, deflate or none, got {encoding[:40]!r}"
    )
