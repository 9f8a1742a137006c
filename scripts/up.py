"""`make up` and `make down`: run `roadworthy up` in the background with its data in ./data.

Standard library only, and the settings are those of `roadworthy up` itself (ROADWORTHY_DATA, ROADWORTHY_PORT,
ROADWORTHY_OTLP_HTTP_PORT ...): this script only starts it, waits until it is ready, and says where it is.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
READY_SECONDS = 60
STOP_SECONDS = 15


def main(command: str) -> int:
    data = Path(os.environ.get("ROADWORTHY_DATA", str(REPO / "data"))).absolute()
    if command == "stop":
        return stop(data)
    if command == "start":
        return start(data)
    print("usage: up.py start|stop", file=sys.stderr)
    return 2


def start(data: Path) -> int:
    log = data / "up.log"
    launched = None
    pid = running(data)
    if pid is None:
        if is_taken():
            print(
                f"Something else answers at {page()}: choose another port with ROADWORTHY_PORT.",
                file=sys.stderr,
            )
            return 1
        launched = launch(data, log)
        pid = launched.pid
    else:
        print(f"Roadworthy already runs (pid {pid}).")
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready():
        # Of our own child the kernel knows whether it ended; its command line may still be empty this early.
        if running(data) is None if launched is None else launched.poll() is not None:
            return explain_failure(data, log, "Roadworthy did not start.")
        if time.monotonic() > deadline:
            return explain_failure(
                data, log, f"Roadworthy (pid {pid}) was not ready within {READY_SECONDS} s."
            )
        time.sleep(0.1)
    print_addresses(data)
    return 0


def launch(data: Path, log: Path) -> subprocess.Popen[bytes]:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "roadworthy"), "up", "--data", str(data)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=REPO,
        )
    pid_file(data).write_text(f"{process.pid}\n")
    return process


def stop(data: Path) -> int:
    pid = running(data)
    if pid is None:
        print("Roadworthy does not run.")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running(data) is not None:
        if time.monotonic() > deadline:
            print(f"Roadworthy (pid {pid}) has not stopped within {STOP_SECONDS} s.", file=sys.stderr)
            return 1
        time.sleep(0.1)
    pid_file(data).unlink(missing_ok=True)
    print("Roadworthy has stopped; the data stays.")
    return 0


def explain_failure(data: Path, log: Path, message: str) -> int:
    print(message, file=sys.stderr)
    for line in log.read_text(errors="replace").splitlines()[-15:]:
        print(f"  {line}", file=sys.stderr)
    print(f"The whole log: {log}", file=sys.stderr)
    print("`.venv/bin/roadworthy doctor` looks for the cause.", file=sys.stderr)
    if running(data) is None:
        pid_file(data).unlink(missing_ok=True)
    return 1


def print_addresses(data: Path) -> None:
    port = os.environ.get("ROADWORTHY_OTLP_HTTP_PORT", "4318")
    print(f"  web page    {page()}")
    print(f"  data        {data}")
    print("  point an agent that is instrumented with OpenTelemetry at it:")
    print(f"    export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{port}")
    print("  have it call models and tools through the gateway:")
    print(f"    base URL http://127.0.0.1:{os.environ.get('ROADWORTHY_GATEWAY_PORT', '8421')}")
    print("  stop it     make down")


def page() -> str:
    return f"http://127.0.0.1:{os.environ.get('ROADWORTHY_PORT', '8420')}"


def is_ready() -> bool:
    try:
        with urllib.request.urlopen(f"{page()}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_taken() -> bool:
    """Whether somebody else listens where the page is to be. Were that another Roadworthy, it would be ready
    at once, and agents would be pointed at it."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", int(os.environ.get("ROADWORTHY_PORT", "8420")))) == 0


def pid_file(data: Path) -> Path:
    return data / "up.pid"


def running(data: Path) -> int | None:
    """The pid of the `roadworthy up` that was started here, if it still lives."""
    try:
        pid = int(pid_file(data).read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid if "roadworthy" in command_line(pid) else None


def command_line(pid: int) -> str:
    """Empty for a process that has ended and only waits to be collected."""
    proc = Path(f"/proc/{pid}/cmdline")
    if proc.parent.parent.joinpath("self").exists():
        return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace") if proc.exists() else ""
    ps = ["ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
