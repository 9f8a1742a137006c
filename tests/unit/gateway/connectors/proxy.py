"""A real HTTP proxy: it connects (CONNECT) to what it is asked for, for those it knows."""

from __future__ import annotations

import base64
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy(socketserver.ThreadingTCPServer):
    """`user_password` None: everybody may. `refuses`: the status it answers with instead of connecting."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *, user_password: str | None = None, refuses: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.user_password = user_password
        self.refuses = refuses
        self.asked: list[str] = []
        """`host:port` of each CONNECT."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Tunnel(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part: bytes = self.request.recv(4096)
            if not part:
                return
            head += part
        lines = head.decode("latin-1").split("\r\n")
        target = lines[0].split(" ")[1]
        self.server.asked.append(target)
        wanted = self.server.user_password
        shown = f"proxy-authorization: Basic {base64.b64encode((wanted or '').encode()).decode()}"
        if wanted is not None and shown not in lines:
            self.request.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        elif self.server.refuses:
            self.request.sendall(b"HTTP/1.1 %d No\r\n\r\n" % self.server.refuses)
        else:
            host, _, port = target.rpartition(":")
            with socket.create_connection((host.strip("[]"), int(port))) as there:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pour, args=(there, self.request), daemon=True)
                back.start()
                _pour(self.request, there)
                back.join(10)


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxying(*, user_password: str | None = None, refuses: int = 0) -> Iterator[Proxy]:
    with Proxy(user_password=user_password, refuses=refuses) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
