"""Server-sent events, read as the bytes come (WHATWG HTML, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """`id` None: it names none."""

    data: bytes
    event: bytes = b"message"
    id: bytes | None = None


class EventReader:
    """Feed it bytes cut anywhere. What does not end in a blank line is not an event."""

    __slots__ = ("_buffer", "_data", "_event", "_first", "_id", "_more", "retry_ms")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._data: list[bytes] = []
        self._event = b""
        self._id: bytes | None = None
        self._more = False
        self._first = True
        self.retry_ms: int | None = None

    def feed(self, data: bytes) -> list[ServerEvent]:
        self._buffer += data
        if self._first and len(self._buffer) >= 3:
            self._first = False
            if self._buffer.startswith(b"\xef\xbb\xbf"):
                del self._buffer[:3]
        # A CR at the end may be half of a CR LF.
        held = self._buffer.endswith(b"\r")
        lines = bytes(self._buffer).replace(b"\r\n", b"\n")
        if held:
            lines = lines[:-1]
        parts = lines.replace(b"\r", b"\n").split(b"\n")
        self._buffer = bytearray(parts.pop() + (b"\r" if held else b""))
        found: list[ServerEvent] = []
        for line in parts:
            event = self._line(line)
            if event is not None:
                found.append(event)
        return found

    def _line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        if line.startswith(b":"):
            return None
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._more = True
        elif name == b"event":
            self._event = value
        elif name == b"id" and b"\0" not in value:
            self._id = value
            self._more = True
        elif name == b"retry" and value.isdigit() and len(value) < 9:
            self.retry_ms = int(value)
        return None

    def _dispatch(self) -> ServerEvent | None:
        data, event, more = self._data, self._event, self._more
        self._data, self._event, self._more = [], b"", False
        if not more:
            return None
        return ServerEvent(data=b"\n".join(data), event=event or b"message", id=self._id)
