"""Live runs in one minute: agents of five frameworks work at a support desk and send what they do.

    python -m examples.demo.run --minutes 1

Everything is real but the model, which follows a script on loopback and costs nothing. Ctrl-C stops it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from examples.demo.model.server import running_model
from examples.demo.worker import FRAMEWORKS

_START_S = 60
"""What a slow machine may need to import the frameworks."""
_STOP_S = 10


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    port = os.environ.get("ROADWORTHY_OTLP_HTTP_PORT", "4318")
    parser.add_argument(
        "--endpoint", default=os.environ.get("ROADWORTHY_ENDPOINT", f"http://127.0.0.1:{port}")
    )
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--rate", type=float, default=60, help="tickets a minute, all agents together")
    parser.add_argument("--frameworks", default=",".join(FRAMEWORKS))
    options = parser.parse_args()
    frameworks = options.frameworks.split(",")
    if unknown := set(frameworks) - set(FRAMEWORKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(FRAMEWORKS)}")
    if not _listens(options.endpoint):
        print(f"Nothing listens at {options.endpoint}: start Roadworthy first (make up).", file=sys.stderr)
        return 1

    page = f"http://127.0.0.1:{os.environ.get('ROADWORTHY_PORT', '8420')}"
    print(f"{len(frameworks)} agents start; watch their runs at {page}\n", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background jobs start with it ignored
    with running_model() as model:
        workers = [
            _start(framework, seed, model, options, pause=60 * len(frameworks) / options.rate)
            for seed, framework in enumerate(frameworks, start=1)
        ]
        return _wait(workers, until=time.monotonic() + 60 * options.minutes + _START_S)


def _start(
    framework: str, seed: int, model: str, options: argparse.Namespace, *, pause: float
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "examples.demo.worker", framework, "--model", model, "--seed", str(seed)]
    command += ["--seconds", str(60 * options.minutes), "--pause", f"{pause:.3f}"]
    # A session of its own: Ctrl-C comes to us alone, and we tell each worker once.
    environment = {**os.environ, "ROADWORTHY_ENDPOINT": options.endpoint}
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _wait(workers: list[subprocess.Popen[bytes]], *, until: float) -> int:
    """The worst exit code; nothing is left running whichever way this ends."""
    try:
        for worker in workers:
            worker.wait(timeout=max(0.1, until - time.monotonic()))
        return max(worker.returncode for worker in workers)
    except KeyboardInterrupt:
        return 130
    except subprocess.TimeoutExpired:
        return 0
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGINT)
        for worker in workers:
            try:
                worker.wait(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                worker.kill()


def _listens(endpoint: str) -> bool:
    try:
        request = urllib.request.Request(f"{endpoint}/v1/traces", data=b"", method="POST")
        request.add_header("content-type", "application/x-protobuf")
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
