"""Questions and answers between two processes of one program, over a socket one inherited from the other.

A message is its length (8 bytes, little endian) and JSON. One question is open at a time on a socket; who
asks from several threads waits its turn. Nobody else can reach such a socket, so there is nothing to
authenticate.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

log = logging.getLogger(__name__)

_LENGTH = struct.Struct("<Q")

Answers = Mapping[str, Callable[..., object]]
"""What can be asked, by name. Values go in by keyword; answers are whatever JSON can say."""


class CallFailed(RuntimeError):  # noqa: N818
    """The other side could not do it, for a reason that has no exception of its own here."""


class PeerGone(ConnectionError):  # noqa: N818
    """The other process ended, or closed its side."""


class Caller:
    """The side that asks. Errors named in `errors` come out as they went in on the other side, others as
    CallFailed."""

    def __init__(self, sock: socket.socket, *, errors: Sequence[type[Exception]] = ()) -> None:
        self._sock = sock
        self._errors = {error.__name__: error for error in errors}
        self._turn = threading.Lock()

    def call(self, what: str, /, **values: object) -> Any:
        question = orjson.dumps({"call": what, "with": values})
        with self._turn:
            _send(self._sock, question)
            answer = _received(self._sock)
        if answer is None:
            raise PeerGone("the other process is gone")
        said = orjson.loads(answer)
        if "error" in said:
            raise self._errors.get(said["error"], CallFailed)(said["message"])
        return said["answer"]


def answer_calls(sock: socket.socket, answers: Answers) -> None:
    """The side that answers: until the other one is gone."""
    while True:
        try:
            question = _received(sock)
            if question is None:
                return
            _send(sock, _answered(question, answers))
        except PeerGone:
            return


def _answered(question: bytes, answers: Answers) -> bytes:
    try:
        asked = orjson.loads(question)
        return orjson.dumps({"answer": answers[asked["call"]](**asked["with"])})
    except Exception as fault:
        # Whatever it was, whoever asked has to hear it. It is told there, with what it meant for the work.
        log.debug("a call failed", exc_info=True)
        said = {"error": type(fault).__name__, "message": _clean(str(fault) or repr(fault))}
        return orjson.dumps(said)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _send(sock: socket.socket, message: bytes) -> None:
    try:
        sock.sendall(_LENGTH.pack(len(message)) + message)
    except OSError as fault:
        raise PeerGone(str(fault)) from fault


def _received(sock: socket.socket) -> bytes | None:
    """None where the other side closed."""
    head = _exactly(sock, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    return _exactly(sock, length)


def _exactly(sock: socket.socket, count: int) -> bytes | None:
    held = bytearray(count)
    rest = memoryview(held)
    while rest:
        try:
            got = sock.recv_into(rest)
        except OSError as fault:
            raise PeerGone(str(fault)) from fault
        if not got:
            return None
        rest = rest[got:]
    return bytes(held)
