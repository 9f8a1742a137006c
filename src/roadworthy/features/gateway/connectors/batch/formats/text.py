"""Bytes of a file as text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from roadworthy.features.gateway.connectors.batch.formats.row import FileBroken

_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EBCDIC = ("cp037", "cp273", "cp500", "cp875", "cp1026", "cp1140")


def encoding_of(path: Path, *, declared: str) -> str:
    """The declared one; else by its mark, else UTF-8 where all of it is, else Windows-1252 (which Latin-1
    is a part of). A mark is never part of the first value."""
    with path.open("rb") as file:
        start = file.read(4)
        marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
        if declared != "auto":
            same = marked and codecs.lookup(declared).name.split("-")[0:2] == marked.split("-")[0:2]
            return marked if marked and (same or (marked == "utf-8-sig" and _is_utf8(declared))) else declared
        if marked:
            return marked
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _is_utf8(name: str) -> bool:
    return codecs.lookup(name).name in ("utf-8", "utf-8-sig")


@contextmanager
def opened(path: Path, *, encoding: str) -> Iterator[TextIO]:
    """Raises FileBroken where its bytes are none of the encoding, also while it is read."""
    strict = "replace" if encoding == "cp1252" else "strict"  # five bytes of it stand for nothing
    try:
        with path.open("rb") as file:
            if codecs.lookup(encoding).name in _EBCDIC:
                # Mainframes end lines with NEL, which is no line's end to Python's reader.
                yield _nel(io.TextIOWrapper(file, encoding=encoding, newline=""))
            else:
                yield io.TextIOWrapper(file, encoding=encoding, errors=strict, newline="")
    except UnicodeDecodeError as fault:
        raise FileBroken(f"byte {fault.start} is none of {encoding}") from None
    except UnicodeError as fault:
        raise FileBroken(f"no text of {encoding}: {fault}") from None


def _nel(text: TextIO) -> TextIO:
    return io.StringIO(text.read().replace("\x85", "\n"), newline="")


def lines_of(text: TextIO) -> Iterator[tuple[int, str]]:
    """(number, line without its end)."""
    for number, line in enumerate(text, 1):
        yield number, line.rstrip("\r\n")
