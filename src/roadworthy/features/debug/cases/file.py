"""A case as one file that lies beside the agent's code (docs/reference/case-file.md).

Lines of JSON: what people read and compare stands in front, one thing a line, the recordings in the last line
(Zstandard, base64). The same run told the same way makes the same bytes: neither a clock nor chance goes in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import BadRecording, RecordedMessage, Recording
from roadworthy.domain.recording import decode as decode_recording
from roadworthy.domain.recording import encode as encode_recording
from roadworthy.features.debug.cases.case import Calls, Case
from roadworthy.features.debug.cases.lines import (
    BadCaseFile,
    Line,
    change_of,
    check_of,
    end_of,
    entry_of,
    exchange_line,
    exchange_of,
    said,
)
from roadworthy.features.debug.tape.tape import Tape, TapeCall
from roadworthy.kit.zstandard import zstd

FORMAT = "roadworthy.case"
VERSION = 1
SUFFIX = ".case.jsonl"
MOST_BYTES = 512 << 20
"""Of all recordings of a case, unpacked."""
_LEVEL = 9

__all__ = ["SUFFIX", "BadCaseFile", "decode", "digest_of", "encode"]


def encode(case: Case) -> bytes:
    packed = _Packed()
    lines: list[dict[str, Any]] = [
        {"name": case.name},
        {"agent": case.agent},
        {"run": case.run_id},
        {"recorded_at": _time(case.recorded_ns)},
        {"input": case.input},
        {"recorded_answer": case.tape.output},
        *([{"recorded_end": said(case.tape.end)}] if case.tape.end is not None else []),
        {"check": said(case.check)},
        {"calls": case.calls.value},
    ]
    lines += [{"expect_failure": True}] if case.expect_failure else []
    lines += [{"entry": said(case.entry)}] if case.entry is not None else []
    lines += [{"change": said(one)} for one in case.changes]
    lines += [_step_line("step", one, packed) for one in case.tape.calls]
    lines += [_listing_line("listing", one, packed) for one in case.tape.listings]
    if case.good is not None:
        lines.append({"good_run": case.good.run_id, "answer": case.good.output})
        lines += [_step_line("good_step", one, packed) for one in case.good.calls]
        lines += [_listing_line("good_listing", one, packed) for one in case.good.listings]
    lines.append({"recordings": packed.text()})
    rest = b"".join([orjson.dumps(one) + b"\n" for one in lines])
    head = {"format": FORMAT, "version": VERSION, "digest": hashlib.sha256(rest).hexdigest()}
    return orjson.dumps(head) + b"\n" + rest


def digest_of(data: bytes) -> str:
    """As it stands in the head of a file that `encode` made: 64 hex digits."""
    return str(orjson.loads(data.partition(b"\n")[0])["digest"])


def decode(data: bytes) -> Case:
    """Raises BadCaseFile: what is wrong, and in which line. Line ends that git changed are no damage."""
    head, _, rest = data.replace(b"\r\n", b"\n").partition(b"\n")
    _check_head(head, rest)
    return _Reader(rest).case()


def _check_head(head: bytes, rest: bytes) -> None:
    try:
        found = orjson.loads(head)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BadCaseFile(f'no case: the first line is to be {{"format":"{FORMAT}",...}}')
    version = found.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        what = "made by a newer Roadworthy: update it here" if newer else "not known"
        raise BadCaseFile(f"version {version!r} of the format is {what}; this one reads {VERSION}")
    if not rest.endswith(b"\n"):
        raise BadCaseFile("it ends in the middle: its last line has no end")
    if found.get("digest") != hashlib.sha256(rest).hexdigest():
        raise BadCaseFile(
            "damaged or changed by hand: its lines are not those that its digest was made of. "
            "Make it anew with: roadworthy case add RUN"
        )


class _Packed:
    """Recordings behind each other, each once."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def add(self, data: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        self._known.setdefault(digest, data)
        return {"recording": digest, "bytes": len(data)}

    def text(self) -> str:
        # One frame for all: each call of a run repeats what the call before it said.
        return base64.b64encode(zstd.compress(b"".join(self._known.values()), _LEVEL)).decode()


def _step_line(name: str, call: TapeCall, packed: _Packed) -> dict[str, Any]:
    line = {name: call.step, **exchange_line(call.exchange)}
    if call.hole:
        return {**line, "hole": call.hole}
    return {**line, **packed.add(encode_recording(_recording(call)))}


def _recording(call: TapeCall) -> Recording:
    """Without the request's headers: they say who asked and where, and nothing is matched by them."""
    asked = call.request
    return Recording(
        exchange_id=call.exchange.id,
        request=RecordedMessage(head=asked.head, chunks=[(0.0, asked.body)]) if asked else None,
        answer=call.answer,
    )


def _listing_line(name: str, listing: tuple[str, bytes], packed: _Packed) -> dict[str, Any]:
    return {name: listing[0], **packed.add(listing[1])}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Of the packed recordings, and the line that named it."""

    line: Line
    digest: str
    size: int


class _Reader:
    def __init__(self, rest: bytes) -> None:
        # The head is line 1.
        self._lines = [Line.read(number, one) for number, one in enumerate(rest.split(b"\n")[:-1], 2)]
        self._once: dict[str, Line] = {}
        self._many: dict[str, list[Line]] = {}
        for line in self._lines:
            if line.name in _MANY:
                self._many.setdefault(line.name, []).append(line)
            elif line.name not in _ONCE:
                raise line.bad(f"{line.name!r} is nothing this version knows")
            elif line.name in self._once:
                raise line.bad(f"{line.name!r} is there twice")
            else:
                self._once[line.name] = line
        self._pieces = self._unpacked()

    def case(self) -> Case:
        check, calls = self._line("check"), self._line("calls")
        if calls.value("calls", str) not in set(Calls):
            raise calls.bad(f"calls: expected one of {', '.join(Calls)}")
        entry, failure, good, end = (
            self._once.get(one) for one in ("entry", "expect_failure", "good_run", "recorded_end")
        )
        agent = self._text("agent")
        asked = self._text("input")
        return Case(
            name=self._text("name"),
            input=asked,
            check=check_of(check),
            calls=Calls(calls.value("calls", str)),
            expect_failure=failure is not None and failure.value("expect_failure", bool),
            changes=tuple(change_of(one) for one in self._many.get("change", [])),
            entry=entry_of(entry) if entry is not None else None,
            tape=Tape(
                project="",
                agent=agent,
                run_id=self._text("run"),
                calls=self._calls("step"),
                listings=self._listings("listing"),
                input=asked,
                output=self._line("recorded_answer").optional("recorded_answer", str),
                end=end_of(end) if end is not None else None,
            ),
            good=None
            if good is None
            else Tape(
                project="",
                agent=agent,
                run_id=good.value("good_run", str),
                calls=self._calls("good_step"),
                listings=self._listings("good_listing"),
                input=asked,
                output=good.optional("answer", str),
            ),
        )

    def _line(self, name: str) -> Line:
        found = self._once.get(name)
        if found is None:
            raise BadCaseFile(f"it has no line {name!r}")
        return found

    def _text(self, name: str) -> str:
        return self._line(name).value(name, str)

    def _calls(self, name: str) -> tuple[TapeCall, ...]:
        found: list[TapeCall] = []
        for place, line in enumerate(self._many.get(name, []), 1):
            if line.value(name, int) != place:
                raise line.bad(f"{name}: expected {place}, they are numbered from 1")
            found.append(self._call(line, exchange_of(line), step=place))
        return tuple(found)

    def _call(self, line: Line, exchange: Exchange, *, step: int) -> TapeCall:
        hole = line.optional("hole", str)
        if hole:
            return TapeCall(step=step, exchange=exchange, hole=hole)
        try:
            read = decode_recording(self._piece(line))
        except BadRecording as fault:
            raise line.bad(f"its recording cannot be read: {fault}") from None
        return TapeCall(step=step, exchange=exchange, request=read.request, answer=read.answer)

    def _listings(self, name: str) -> tuple[tuple[str, bytes], ...]:
        return tuple((one.value(name, str), self._piece(one)) for one in self._many.get(name, []))

    def _piece(self, line: Line) -> bytes:
        return self._pieces[line.value("recording", str)]

    def _unpacked(self) -> dict[str, bytes]:
        """By digest, each held against it."""
        wanted: dict[str, _Piece] = {}
        for line in self._lines:
            if line.name in _WITH_RECORDING and not line.optional("hole", str):
                digest = line.value("recording", str)
                wanted.setdefault(digest, _Piece(line, digest, line.value("bytes", int)))
        whole = sum(one.size for one in wanted.values())
        if whole > MOST_BYTES or any(one.size < 0 for one in wanted.values()):
            raise BadCaseFile(f"its recordings are {whole} bytes; at most {MOST_BYTES}")
        data = _decompressed(self._line("recordings"), whole)
        pieces: dict[str, bytes] = {}
        at = 0
        for one in wanted.values():
            piece = data[at : at + one.size]
            at += one.size
            if hashlib.sha256(piece).hexdigest() != one.digest:
                raise one.line.bad("its recording is not what was written")
            pieces[one.digest] = piece
        return pieces


def _decompressed(line: Line, size: int) -> bytes:
    try:
        packed = base64.b64decode(line.value("recordings", str), validate=True)
        # One byte more than there may be: what unpacks to more is never held.
        data = zstd.ZstdDecompressor().decompress(packed, size + 1)
    except (binascii.Error, ValueError, zstd.ZstdError) as fault:
        raise line.bad(f"the recordings cannot be unpacked: {fault}") from None
    if len(data) != size:
        raise line.bad(f"the recordings are {len(data)} bytes; their lines say {size}")
    return data


_WITH_RECORDING = frozenset({"step", "listing", "good_step", "good_listing"})
_MANY: frozenset[str] = _WITH_RECORDING | {"change"}
_ONCE = frozenset(
    {
        "name", "agent", "run", "recorded_at", "input", "recorded_answer", "check", "calls", "expect_failure",
        "entry", "good_run", "recorded_end", "recordings",
    }
)  # fmt: skip


def _time(at_ns: int) -> str:
    """To the second, UTC."""
    return datetime.fromtimestamp(at_ns // 1_000_000_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def holes_of(calls: Sequence[TapeCall]) -> list[str]:
    """A sentence for each step that cannot be answered again."""
    return [
        f"step {one.step} ({one.exchange.kind.value} {one.exchange.target}): {one.hole}"
        for one in calls
        if one.hole
    ]
