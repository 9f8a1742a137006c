"""A text cut into sentences, as far as somebody may have written an order into it."""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD, TAIL = 16_000, 8_000
"""Of a longer text only so many characters of its beginning and of its end are read."""
MOST_SENTENCES = 200
"""Half of them from the beginning, half from the end, where there are more."""
_LONGEST = 1_200
_SHORTEST = 8

_JSON_TEXT = re.compile(r'"((?:[^"\\]|\\.){12,})"')
_CUT = re.compile(r"(?:\r?\n|\\n|\||<[^<>]{0,200}>|[.?!。？！]+[\"'”’)\]]*(?=\s|[A-Z]|$)|;\s)+")
_CUT_BEGINS = re.compile(r"[\r\n\\|<.?!。？！;]")
_TRIM = " \t\r\n\"'“”‘’`*#>-–—•=_~:([{"
_WORDY = re.compile(r"[^\W\d_]{2,}[^\w]+[^\W\d_]{2,}|[\u3040-\u30ff\u4e00-\u9fff]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """text[start:end] of the text it was cut from, without blanks and bullets round it."""

    start: int
    end: int
    text: str


Pieces = list[tuple[int, str]]
"""Where each begins, and what it is: most are looked at once and thrown away."""


def sentences(text: str) -> list[Sentence]:
    """Pieces of at least two words, in order. Of JSON only its texts are read, so that data costs nothing."""
    return [Sentence(start=start, end=start + len(piece), text=piece) for start, piece in pieces(text)]


def pieces(text: str) -> Pieces:
    """As `sentences`."""
    found: Pieces = []
    if len(text) > HEAD + TAIL:
        _cut(found, text, 0, HEAD)
        _cut(found, text, len(text) - TAIL, len(text))
    else:
        _cut(found, text, 0, len(text))
    if len(found) > MOST_SENTENCES:
        found = found[: MOST_SENTENCES // 2] + found[-MOST_SENTENCES // 2 :]
    return found


def _cut(found: Pieces, text: str, start: int, end: int) -> None:
    if text[:1] in ("{", "[") and '"' in text[:200]:
        for match in _JSON_TEXT.finditer(text, start, end):
            if " " in match.group(1):
                _split(found, text, *match.span(1))
    else:
        _split(found, text, start, end)


def _split(found: Pieces, text: str, start: int, end: int) -> None:
    """What a cut may begin with is found many times faster than a pattern tries itself."""
    place = _CUT_BEGINS.search(text, start, end)
    while place is not None:
        cut = _CUT.match(text, place.start(), end)
        if cut is None:
            after = place.end()
        else:
            after = cut.end()
            _take(found, text, start, after)
            start = after
        place = _CUT_BEGINS.search(text, after, end)
    _take(found, text, start, end)


def _take(found: Pieces, text: str, start: int, end: int) -> None:
    if end - start < _SHORTEST:
        return
    piece = text[start : min(end, start + _LONGEST)]
    shorter = piece.lstrip(_TRIM)
    start += len(piece) - len(shorter)
    shorter = shorter.rstrip(" \t\r\n|\\")
    if len(shorter) >= _SHORTEST and _WORDY.search(shorter):
        found.append((start, shorter))
