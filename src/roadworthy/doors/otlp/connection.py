"""HTTP connections that may not hold a place without saying anything.

uvicorn bounds neither the time nor the size of request headers, so a few thousand silent connections would
shut everybody else out.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from roadworthy.contracts.intake import Encoding
from roadworthy.doors.otlp import answers
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.refusal import Refused


def bounded_protocol(limits: DoorLimits) -> type[HttpToolsProtocol]:
    """The protocol class for uvicorn's `http` setting."""

    class BoundedProtocol(HttpToolsProtocol):
        """Ends connections whose headers are late or large, and those above the number allowed."""

        _deadline: asyncio.TimerHandle | None = None
        _header_bytes = 0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                transport.write(_TOO_MANY)
                transport.close()
                return
            self._await_headers()

        def data_received(self, data: bytes) -> None:
            if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
                self._await_headers()
            if self._deadline is not None:
                self._header_bytes += len(data)
            super().data_received(data)
            # Still waiting after so many bytes: they were all headers.
            if self._deadline is not None and self._header_bytes > limits.header_bytes:
                self._end()

        def on_headers_complete(self) -> None:
            self._stop_waiting()
            super().on_headers_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _await_headers(self) -> None:
            self._header_bytes = 0
            self._deadline = self.loop.call_later(limits.header_seconds, self._end)

        def _stop_waiting(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _end(self) -> None:
            self._stop_waiting()
            if not self.transport.is_closing():
                self.transport.close()

    return BoundedProtocol


def _response(status: str, body: bytes, *, headers: dict[str, Any]) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


_TOO_MANY_BODY = answers.status(
    Refused("unavailable", "Too many connections are open.", retry_after=1.0), encoding=Encoding.JSON
)
_TOO_MANY = _response(
    "503 Service Unavailable",
    _TOO_MANY_BODY,
    headers={
        "content-type": "application/json",
        "content-length": len(_TOO_MANY_BODY),
        "retry-after": 1,
        "connection": "close",
    },
)
