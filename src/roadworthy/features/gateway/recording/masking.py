"""Secrets taken out of what is recorded, by the patterns that spans are masked with (`kit.masking`).

Three things are the recording's own. Chunks keep their borders and times, and a secret that lies across a
border is found. A stream says its text in pieces, each in JSON of its own (`"content": "sk-"`, `"content":
"ant-…"`): the pieces are looked through joined, too. And credentials in headers and addresses go by their
names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import orjson

from roadworthy.contracts.upstream import Headers
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.gateway.recording.plain_body import Chunks, plain_body
from roadworthy.kit.masked_address import masked_head
from roadworthy.kit.masking import Change, mask_pieces, mask_text, put_in
from roadworthy.kit.secret_screen import suspect

_WINDOW = 256 << 10
"""Looked through at once: the interpreter is held meanwhile, and calls wait for it."""
_NEAR = 16 << 10
"""No secret is longer than this, but for one that is masked as a whole by its first line."""
_MASKED_HEADER = b"[masked:header]"
_SECRET_HEADER = re.compile(
    rb"auth|key|token|secret|cookie|credential|passw|signature|jwt|\bcert|session-id|x-forwarded-client", re.I
)
_HARMLESS_HEADER = re.compile(rb"ratelimit|tokens|x-roadworthy-|mcp-session-id|sec-websocket", re.I)
_KNOWN_NAMES = 1024
_DELTA = re.compile(
    r'"(content|text|delta|arguments|partial_json|thinking|reasoning|reasoning_content|refusal)":\s?'
    r'"([^"\\]*(?:\\.[^"\\]*)*)"'
)
_INDEX = re.compile(r'"(?:output_|content_|summary_)?index":\s?(\d+)')
_LATER_INDEX = re.compile(r'index":\s?[1-9]')
_EVENT_END = re.compile(r"\r?\n\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedMessage:
    message: RecordedMessage
    masked: int
    note: str = ""


def masked_message(message: RecordedMessage) -> MaskedMessage:
    """The message as it may be written down."""
    plain = plain_body(message.headers, message.chunks)
    chunks, masked = _masked_chunks(plain.chunks, stream=_is_stream(message.headers))
    headers, hidden = _masked_headers(message.headers)
    head = masked_head(message.head)
    return MaskedMessage(
        message=RecordedMessage(head=head, headers=headers, chunks=chunks),
        masked=masked + hidden + (head != message.head),
        note=plain.note,
    )


@lru_cache(maxsize=_KNOWN_NAMES)
def _names_secret(name: bytes) -> bool:
    """Remembered: traffic repeats the same few hundred names. Values are not: they may be the secret."""
    return bool(_SECRET_HEADER.search(name)) and not _HARMLESS_HEADER.search(name)


def _masked_headers(headers: Headers) -> tuple[Headers, int]:
    """And how many lost their value, or part of it."""
    kept = [(name, _MASKED_HEADER if _names_secret(name) else value) for name, value in headers]
    hidden = sum([value is _MASKED_HEADER for _, value in kept])
    # All at once: seldom one is suspect. In lines of their own, which no secret reaches across.
    if suspect(b"\n\n".join([value for _, value in kept]).decode("latin-1")):
        found = [(name, mask_text(value.decode("latin-1")).text.encode("latin-1")) for name, value in kept]
        hidden += sum(now[1] != was[1] for now, was in zip(found, kept, strict=True))
        kept = found
    return tuple(kept), hidden


def _is_stream(headers: Headers) -> bool:
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    return b"event-stream" in kind or b"ndjson" in kind or b"stream+json" in kind


def _masked_chunks(chunks: Chunks, *, stream: bool) -> tuple[Chunks, int]:
    raw = b"".join([chunk for _, chunk in chunks])
    if not raw:
        return chunks, 0
    # Bytes as characters: cheap, never fails, and no secret's shape reaches beyond ASCII.
    text = raw.decode("latin-1")
    spoken = stream and _suspect_spoken(text)
    if not spoken and not suspect_anywhere(text):
        return chunks, 0
    text, cuts, back = _as_characters(raw, [len(chunk) for _, chunk in chunks])
    masked = 0
    if spoken:
        text, cuts, masked = _mask_spoken(text, cuts)
    text, cuts, found = _mask_all(text, cuts)
    bounds = zip([0, *cuts], cuts, strict=False)
    cut = [text[start:end].encode(back, "surrogateescape") for start, end in bounds]
    return [(at, piece) for (at, _), piece in zip(chunks, cut, strict=True)], masked + found


def suspect_anywhere(text: str) -> bool:
    """As `suspect`, in pieces that overlap."""
    if len(text) <= _WINDOW:
        return suspect(text)
    return any(suspect(text[at : at + _WINDOW + _NEAR]) for at in range(0, len(text), _WINDOW))


def _as_characters(raw: bytes, lengths: Sequence[int]) -> tuple[str, list[int], str]:
    """The text, where its chunks end, and how to make bytes of it again. Of a character that lies across
    chunks all bytes go to the first."""
    ends = list(accumulate(lengths))
    if raw.isascii():
        return raw.decode("ascii"), ends, "ascii"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ends, "latin-1"
    cuts, at, done = [], 0, 0
    for end in ends:
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end += 1
        done += len(raw[at:end].decode("utf-8"))
        at = end
        cuts.append(done)
    return text, cuts, "utf-8"


def _mask_all(text: str, cuts: list[int]) -> tuple[str, list[int], int]:
    """`mask_pieces` in windows that begin and end where nothing is near that looks like a secret."""
    done: list[str] = []
    moved: list[int] = []
    masked = start = length = at = 0
    while start < len(text) or at < len(cuts):
        end = _window_end(text, start)
        inside: list[int] = []
        while at < len(cuts) and (cuts[at] <= end):
            inside.append(cuts[at])
            at += 1
        window = text[start:end]
        borders = [start, *inside, end]
        if suspect(window):
            cut = mask_pieces([text[a:b] for a, b in pairwise(borders)])
            masked += cut.count
            done += cut.pieces
            ends = list(accumulate(len(piece) for piece in cut.pieces))
            moved += [length + here for here in ends[: len(inside)]]
            length += ends[-1]
        else:
            done.append(window)
            moved += [length + here - start for here in inside]
            length += len(window)
        start = end
    return "".join(done), moved, masked


def _window_end(text: str, start: int) -> int:
    end = start + _WINDOW
    while end < len(text) and suspect(text[max(start, end - _NEAR) : end + _NEAR]):
        end += _NEAR
    return min(end, len(text))


def _suspect_spoken(text: str) -> bool:
    """One voice is heard as it comes; of several each alone."""
    said = _DELTA.findall(text)
    if len({field for field, words in said if words}) > 1 or _LATER_INDEX.search(text):
        return any(suspect_anywhere("".join(found[2] for found in one)) for one in _voices(text))
    return bool(said) and suspect_anywhere("".join([words for _, words in said]))


def _voices(text: str) -> list[list[re.Match[str]]]:
    """The pieces of each field under each index, in order."""
    voices: dict[tuple[str, ...], list[re.Match[str]]] = {}
    start = 0
    for end in [*(found.end() for found in _EVENT_END.finditer(text)), len(text)]:
        index = tuple(_INDEX.findall(text, start, end))
        for found in _DELTA.finditer(text, start, end):
            voices.setdefault((found[1], *index), []).append(found)
        start = end
    return list(voices.values())


def _mask_spoken(text: str, cuts: list[int]) -> tuple[str, list[int], int]:
    """What a stream says in pieces: each voice joined, masked and cut again."""
    changes: list[Change] = []
    masked = 0
    for said in _voices(text):
        words = [_unquoted(found[2]) for found in said]
        done = mask_pieces(words)
        masked += done.count
        changes += [
            Change(found.start(2), found.end(2), _quoted(after))
            for found, before, after in zip(said, words, done.pieces, strict=True)
            if before != after
        ]
    changes.sort(key=lambda change: change.start)
    text, cuts = put_in(text, changes, cuts=cuts)
    return text, cuts, masked


def _unquoted(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return str(orjson.loads(f'"{text}"'))
    except orjson.JSONDecodeError:
        return text


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]
