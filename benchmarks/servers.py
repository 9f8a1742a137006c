"""The servers that are measured: ours and the peers, each in a folder and a process tree of its own.

Peers come from PyPI and npm into environments of their own, pinned by `benchmarks/peers/<name>.txt` or
`.json`: `python -m benchmarks.servers install` makes them (some minutes, 2.4 GB); ROADWORTHY_PEERS says where
they are kept (default .venv-peers). One that cannot be installed or started is reported, not left out.
"""

from __future__ import annotations

import compileall
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("ROADWORTHY_PEERS", REPO / ".venv-peers"))
READY_SECONDS = 180


class NotMeasured(Exception):  # noqa: N818
    """A server could not be installed, started or asked; says why."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get_json(url: str, *, timeout: float = 30) -> Any:
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return json.loads(answer.read())


@dataclass(kw_only=True)
class Server:
    """`start` returns once it answers; `stored` is how many spans can be queried at this moment."""

    name: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def traces_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    @property
    def ready_url(self) -> str:
        raise NotImplementedError

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return {}

    def stored(self) -> int:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> float:
        """Seconds until it answered."""
        self.data.mkdir(parents=True, exist_ok=True)
        clean = {
            k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_", "PYTHONDONT"))
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env={**clean, **self.environment()},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        began = time.monotonic()
        while time.monotonic() - began < READY_SECONDS:
            if self.process.poll() is not None:
                raise NotMeasured(f"{self.name} ended while starting: {self.last_words()}")
            try:
                with urllib.request.urlopen(self.ready_url, timeout=2) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (OSError, urllib.error.URLError):
                time.sleep(0.02)
        self.kill()
        raise NotMeasured(f"{self.name} was not ready after {READY_SECONDS} s: {self.last_words()}")

    def last_words(self) -> str:
        return (self.folder / "log").read_text(errors="replace").strip()[-300:]

    def stop(self) -> None:
        self._end(signal.SIGTERM, seconds=20)

    def kill(self) -> None:
        """All its processes at once, as a machine that loses power would: no time to say goodbye."""
        self._end(signal.SIGKILL, seconds=20)

    def _end(self, how: signal.Signals, *, seconds: float) -> None:
        if self.process is None:
            return
        group = self.process.pid
        try:
            os.killpg(group, how)
            self.process.wait(seconds)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(group, signal.SIGKILL)
            self.process.wait(seconds)
        for _ in range(200):  # children that outlive their parent
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                break
            time.sleep(0.05)
        self.process = None


@dataclass(kw_only=True)
class Roadworthy(Server):
    name: str = "Roadworthy"
    web_port: int = field(default_factory=free_port)
    grpc_port: int = field(default_factory=free_port)
    gateway_port: int = field(default_factory=free_port)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.web_port}/api/v1"

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}/readyz"

    def command(self) -> list[str]:
        return [
            str(Path(sys.executable).parent / "roadworthy"),
            "up",
            f"--data={self.data}",
            f"--port={self.web_port}",
            f"--otlp-http-port={self.port}",
            f"--otlp-grpc-port={self.grpc_port}",
            f"--gateway-port={self.gateway_port}",
        ]

    def stored(self) -> int:
        return int(get_json(f"{self.api}/storage")["spans"])


@dataclass(kw_only=True)
class Peer(Server):
    @property
    def venv(self) -> Path:
        return PEERS / self.name.lower()

    @property
    def database(self) -> Path:
        raise NotImplementedError

    def stored(self) -> int:
        """Straight from its database: asking its API would cost it more than the counting should."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            return int(connection.execute("SELECT count(*) FROM spans").fetchone()[0])

    def start(self) -> float:
        if not (self.venv / "bin/python").exists():
            raise NotMeasured(
                f"{self.name} is not installed in {self.venv}: python -m benchmarks.servers install"
            )
        return super().start()


@dataclass(kw_only=True)
class Mlflow(Peer):
    """With SQLite and four workers, its fastest on two cores."""

    name: str = "MLflow"
    headers: dict[str, str] = field(default_factory=lambda: {"x-mlflow-experiment-id": "0"})

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/health"

    @property
    def database(self) -> Path:
        return self.data / "mlflow.db"

    def command(self) -> list[str]:
        return [
            str(self.venv / "bin/python"),
            "-m",
            "mlflow",
            "server",
            f"--backend-store-uri=sqlite:///{self.database}",
            f"--default-artifact-root={self.data / 'artifacts'}",
            "--host=127.0.0.1",
            f"--port={self.port}",
            "--workers=4",
        ]

    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.venv / 'bin'}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}


@dataclass(kw_only=True)
class Phoenix(Peer):
    name: str = "Phoenix"
    grpc_port: int = field(default_factory=free_port)

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/healthz"

    @property
    def database(self) -> Path:
        return self.data / "phoenix.db"

    def command(self) -> list[str]:
        return [str(self.venv / "bin/python"), "-m", "phoenix.server.main", "serve"]

    def environment(self) -> dict[str, str]:
        return {
            "PHOENIX_WORKING_DIR": str(self.data),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(self.port),
            "PHOENIX_GRPC_PORT": str(self.grpc_port),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }


def install(name: str) -> None:
    """A peer's environment from its lock; byte-compiled, as its users' would be."""
    venv = PEERS / name
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    lock = REPO / "benchmarks/peers" / f"{name}.txt"
    subprocess.run([str(venv / "bin/pip"), "install", "-q", "-r", str(lock)], check=True)
    compileall.compile_dir(venv / "lib", quiet=2, workers=0)


def install_from_npm(name: str) -> None:
    """A peer that runs on Node, its versions pinned by a package.json of ours."""
    folder = PEERS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(REPO / "benchmarks/peers" / f"{name}.json", folder / "package.json")
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)


def main() -> None:
    for name in ("mlflow", "phoenix", "litellm", "fastmcp"):
        print(f"installing {name} into {PEERS / name} ...", flush=True)
        install(name)
    print(f"installing portkey into {PEERS / 'portkey'} ...", flush=True)
    install_from_npm("portkey")


if __name__ == "__main__":
    main()
