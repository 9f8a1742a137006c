"""Bodies as text that can be looked through: content encodings undone, when each piece came kept."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roadworthy.contracts.upstream import Headers

MIB = 1 << 20
LARGEST = 64 * MIB
"""What one body may grow to: a small one can be packed so that it fills the memory."""
Chunks = Sequence[tuple[float, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainBody:
    """`note` says what was undone, or why the body is left out."""

    chunks: Chunks
    note: str = ""


def plain_body(headers: Headers, chunks: Chunks) -> PlainBody:
    """A body nobody can look into is left out: it might hold a secret."""
    encoding = next((value for name, value in headers if name == b"content-encoding"), b"").strip().lower()
    if encoding in (b"", b"identity") or not chunks:
        return PlainBody(chunks=chunks)
    named = encoding.decode("latin-1")
    step = _opened(encoding)
    if step is None:
        return PlainBody(chunks=(), note=f"body left out: content-encoding {named!r} cannot be looked into")
    plain: list[tuple[float, bytes]] = []
    left = LARGEST
    try:
        for at, chunk in chunks:
            piece = step(chunk, left)
            left -= len(piece)
            plain.append((at, piece))
            if left <= 0:
                return PlainBody(chunks=(), note=f"body left out: more than {LARGEST} bytes behind {named}")
    except (zlib.error, OSError, EOFError, ValueError) as fault:
        return PlainBody(chunks=(), note=f"body left out: no {named}: {fault}")
    return PlainBody(chunks=plain, note=f"content-encoding {named} undone")


def _opened(encoding: bytes) -> Callable[[bytes, int], bytes] | None:
    if encoding in (b"gzip", b"x-gzip"):
        return _zlib(zlib.decompressobj(16 + zlib.MAX_WBITS))
    if encoding == b"deflate":
        return _zlib(zlib.decompressobj())
    if encoding == b"zstd":
        from roadworthy.kit.zstandard import zstd  # here: few upstreams answer with it

        unpack = zstd.ZstdDecompressor()

        def step(chunk: bytes, most: int) -> bytes:
            try:
                return b"" if unpack.eof else unpack.decompress(chunk, max_length=most + 1)
            except zstd.ZstdError as fault:
                raise ValueError(str(fault)) from fault

        return step
    return None


def _zlib(unpack: zlib._Decompress) -> Callable[[bytes, int], bytes]:
    return lambda chunk, most: b"" if unpack.eof else unpack.decompress(chunk, most + 1)
