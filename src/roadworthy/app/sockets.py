"""Listening sockets, bound before anything else starts, so that a taken port is said at once."""

from __future__ import annotations

import socket

from roadworthy.doors.otlp.serve import PortTaken


def listen(host: str, port: int, *, flag: str, what: str) -> socket.socket:
    """A bound, listening, non-blocking TCP socket. `port` 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host.strip("[]"), port))
        sock.listen(1024)
    except OSError as fault:
        sock.close()
        raise PortTaken(
            f"cannot listen on {host}:{port} for {what}: {fault.strerror}. Choose another port with {flag}."
        ) from fault
    sock.settimeout(0)
    return sock


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])
