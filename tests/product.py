"""The whole product as a person runs it: `roadworthy up` in a process of its own, on free ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
PATIENCE = 4.0
"""Where several workers of tests share a machine, what takes a second may take more than ten."""
COMMAND = Path(sys.executable).parent / "roadworthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def http(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 30,
) -> Answer:
    """Any status is an answer; raises OSError (URLError) where nobody answers."""
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return Answer(status=answer.status, headers=dict(answer.headers), body=answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(status=refused.code, headers=dict(refused.headers), body=refused.read())


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at this moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass(kw_only=True)
class Product:
    """One data folder and the processes on it; it can be stopped, killed and started again."""

    data: Path
    log: Path
    port: int
    otlp_http_port: int
    otlp_grpc_port: int
    gateway_port: int
    extra: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    executable: Path = COMMAND
    arguments: tuple[str, ...] | None = None
    """None: the data folder and the ports as flags."""
    prefix: tuple[str, ...] = ()
    """A command that runs the product, such as setpriv."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def otlp_url(self) -> str:
        return f"http://127.0.0.1:{self.otlp_http_port}"

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def command(self) -> list[str]:
        ports = [
            f"--port={self.port}",
            f"--otlp-http-port={self.otlp_http_port}",
            f"--otlp-grpc-port={self.otlp_grpc_port}",
            f"--gateway-port={self.gateway_port}",
        ]
        flags = self.arguments if self.arguments is not None else (f"--data={self.data}", *ports)
        return [*self.prefix, str(self.executable), "up", *flags, *self.extra]

    def launch(self) -> None:
        """Start it without waiting until it is ready."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_"))}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**clean, **self.environment},
                start_new_session=True,
            )

    def start(self) -> Product:
        self.launch()
        self.wait_ready()
        return self

    def wait_ready(self, *, seconds: float = READY_SECONDS) -> None:
        def ready() -> bool:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"roadworthy up ended with {self.process.returncode}:\n{self.output()}")
            try:
                return http(f"{self.url}/readyz", timeout=2).status == 200
            except OSError:
                return False

        wait_until(ready, seconds=seconds, what=f"ready; its output:\n{self.output()}")

    def stop(self) -> int:
        """SIGTERM, as a service manager does; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"not stopped within {STOP_SECONDS} s of SIGTERM:\n{self.output()}"
            ) from None

    def kill(self) -> None:
        """kill -9 of everything, and wait until it is gone."""
        assert self.process is not None
        for pid in [*self.children(), self.pid]:
            kill_process(pid)
        self.process.wait(STOP_SECONDS)

    def children(self) -> list[int]:
        """Processes that `roadworthy up` started: the core and the gateway."""
        return children_of(self.pid)

    def core(self) -> int:
        return self._child("core")

    def gateway(self) -> int:
        """The process that calls of agents go through."""
        return self._child("gateway")

    def _child(self, role: str) -> int:
        found: list[int] = []

        def started() -> bool:
            found[:] = [pid for pid in self.children() if f"roadworthy.app.{role}" in command_of(pid)]
            return bool(found)

        wait_until(started, seconds=20, what=f"a {role}")
        return found[0]

    def worker(self) -> int:
        """The process that reads the intake log: a child of the core."""
        core = self.core()
        wait_until(lambda: bool(children_of(core)), seconds=20, what="a worker")
        return children_of(core)[0]

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-6000:] if self.log.exists() else ""

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        return http(self.url + path, headers=headers)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status == 200, f"GET {path}: {answer.status} {answer.body[:500]!r}"
        return answer.json()

    def post(self, path: str, value: object, *, headers: Mapping[str, str] | None = None) -> Answer:
        kind = {"content-type": "application/json"}
        return http(
            self.url + path,
            method="POST",
            body=json.dumps(value).encode(),
            headers={**kind, **(headers or {})},
        )

    def send(
        self,
        body: bytes,
        *,
        signal_path: str = "/v1/traces",
        content_type: str = "application/x-protobuf",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post one OTLP body at the receiver."""
        return http(
            self.otlp_url + signal_path,
            method="POST",
            body=body,
            headers={"content-type": content_type, **(headers or {})},
        )

    def all_runs(self, query: str = "") -> list[dict[str, Any]]:
        """Every run of the list, page by page."""
        runs: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.json(f"/api/v1/runs?limit=200{query}{cursor}")
            runs += page["items"]
            if not page["next_cursor"]:
                return runs
            cursor = f"&cursor={page['next_cursor']}"

    def wait_drained(self, *, seconds: float = 30) -> None:
        """Until all that was accepted can be read."""

        def drained() -> bool:
            return bool(self.json("/api/v1/server")["backlog_bytes"] == 0)

        wait_until(drained, seconds=seconds, what="all accepted records stored")


def children_of(pid: int) -> list[int]:
    """Whichever of its threads started them."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in listed.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def command_of(pid: int) -> list[str]:
    """Its arguments; none where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def kill_process(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """`seconds` on a machine that has time. How fast anything is, benchmarks say; a test only waits."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * PATIENCE} s: {what}")
        time.sleep(0.05)


def product_in(
    folder: Path, *, extra: tuple[str, ...] = (), environment: Mapping[str, str] | None = None
) -> Product:
    """A product that is not started yet, with its data and log in `folder`."""
    port, otlp_http_port, otlp_grpc_port, gateway_port = free_ports(4)
    return Product(
        data=folder / "data",
        log=folder / "up.log",
        port=port,
        otlp_http_port=otlp_http_port,
        otlp_grpc_port=otlp_grpc_port,
        gateway_port=gateway_port,
        extra=extra,
        environment=environment or {},
    )


@contextmanager
def running(product: Product) -> Iterator[Product]:
    """Started, and whatever happens gone afterwards."""
    try:
        yield product.start()
    finally:
        if product.process is not None and product.process.poll() is None:
            product.kill()
