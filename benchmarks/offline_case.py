"""What an offline case takes over the agent itself: `roadworthy case run` beside the same agent alone.

The agent is a program on the standard library that makes so many calls one after the other. Alone, it asks a
server in this process that has each answer ready; in the case it is answered from the file, kept from the
network and with its clock set, as cases are. Both take turns, and both answers are checked. What the command
itself takes to start is paid once for all cases, and told beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.figures import Figure, Options, at_most, folder_of, median, run
from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.cases.case import Case
from roadworthy.features.debug.cases.file import encode
from roadworthy.features.debug.inquiry import Check
from roadworthy.features.debug.tape.tape import Tape, TapeCall

MUST_MS = 50.0
_CALLS = 12
_ROUNDS = {"quick": 5, "full": 30}
_TASK = "Count to twelve."
_AGENT = """
import json, os, sys, urllib.request
task, said = sys.stdin.read(), []
for number in range({calls}):
    messages = [{{"role": "user", "content": task}}, *said]
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        data=json.dumps({{"model": "m", "messages": messages}}).encode(),
        headers={{
            "authorization": "Bearer " + os.environ["OPENAI_API_KEY"],
            "content-type": "application/json",
        }},
    )
    with urllib.request.urlopen(request) as answer:
        said.append(json.load(answer)["choices"][0]["message"])
print(said[-1]["content"])
"""


def measure(chosen: Options) -> list[Figure]:
    with folder_of(chosen, "offline-case") as folder:
        agent = folder / "agent.py"
        agent.write_text(_AGENT.format(calls=_CALLS))
        file = folder / "counting.case.jsonl"
        file.write_bytes(encode(_case()))
        tells: list[float] = []
        over: list[float] = []
        alone: list[float] = []
        with _answering() as url:
            for _ in range(_ROUNDS["quick" if chosen.quick else "full"]):
                alone.append(_alone(agent, url))
                told = _cased(agent, file)
                tells.append(told["ms"]["overhead"])
                over.append(told["ms"]["whole"] - alone[-1])
        command = [_started(["--version"]) for _ in range(5)]
    ours = median(over)
    return [
        Figure(
            what=f"an offline case over its agent alone ({_CALLS} calls)",
            unit="ms",
            ours=ours,
            must=f"<= {MUST_MS:g} ms",
            met=at_most(ours, MUST_MS),
            rounds=over,
            beside={
                "the agent alone": median(alone) or 0.0,
                "as the command itself says (--timing)": median(tells) or 0.0,
                "start of the command, once for all cases": median(command) or 0.0,
            },
        )
    ]


def _case() -> Case:
    calls: list[TapeCall] = []
    messages = [{"role": "user", "content": _TASK}]
    for step in range(1, _CALLS + 1):
        asked = json.dumps({"model": "m", "messages": messages}).encode()
        answer = _answer(step)
        calls.append(
            TapeCall(
                step=step,
                exchange=Exchange(
                    project="",
                    id=f"{step:032x}",
                    kind=ExchangeKind.MODEL,
                    dialect=Dialect.OPENAI_CHAT,
                    agent="counter",
                    target="m",
                    asked="m",
                    started_ns=1_764_000_000_000_000_000 + step,
                    elapsed_ms=800,
                    status=200,
                    ending=Ending.COMPLETE,
                ),
                request=RecordedMessage(head="POST /v1/chat/completions", chunks=((0.0, asked),)),
                answer=RecordedMessage(
                    head="200", headers=((b"content-type", b"application/json"),), chunks=((800.0, answer),)
                ),
            )
        )
        messages.append(json.loads(answer)["choices"][0]["message"])
    tape = Tape(
        project="", agent="counter", run_id="c" * 32, calls=tuple(calls), input=_TASK, output=str(_CALLS)
    )
    return Case(name="counting", input=_TASK, check=Check(how="number", expected=str(_CALLS)), tape=tape)


def _answer(number: int) -> bytes:
    message = {"role": "assistant", "content": str(number)}
    told = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps(
        {**told, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    ).encode()


class _Ready(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = _answer(len(asked["messages"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Figures, not requests."""


@contextmanager
def _answering() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ready)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def _alone(agent: Path, url: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(agent)],
        input=_TASK,
        capture_output=True,
        text=True,
        env={**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x"},
        check=True,
    )
    taken = (time.perf_counter() - began) * 1000
    assert done.stdout.strip() == str(_CALLS), done
    return taken


def _cased(agent: Path, file: Path) -> dict[str, dict[str, float]]:
    done = subprocess.run(
        [_COMMAND, "case", "run", str(file), "--command", f"{sys.executable} {agent}", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, dict[str, float]] = json.loads(done.stdout)
    return told


def _started(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([_COMMAND, *arguments], capture_output=True, check=True)
    return (time.perf_counter() - began) * 1000


_COMMAND = str(Path(sys.executable).parent / "roadworthy")


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0)
