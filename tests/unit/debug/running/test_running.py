"""Starting an agent for a task: what it is given, what is taken for its answer, and that it ends."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.running.answer import answer_of
from roadworthy.features.debug.running.command import arguments_of, run_command
from roadworthy.features.debug.running.endpoint import run_endpoint
from roadworthy.features.debug.running.environment import RECORD, Task, environment
from roadworthy.features.debug.running.telling import drill_marks, otlp_body, rerun_marks

TASK = Task(
    number=3,
    attempt=1,
    case="a",
    input='What is "A-1"?',
    timeout_s=30,
    token="rwd1.x.y",
    trace_id="ab" * 16,
    traceparent=f"00-{'ab' * 16}-{'ab' * 8}-01",
    gateway_url="http://127.0.0.1:8421/",
    otlp_url="http://127.0.0.1:4318",
    gateway_key="rw_key",
)


def _ran(code: str, *arguments: str, task: Task = TASK, stop: threading.Event | None = None) -> AgentEnded:
    return run_command([sys.executable, "-S", "-c", code, *arguments], task, base=os.environ, stop=stop)


def test_an_agent_is_given_the_task_three_times_and_its_output_is_the_answer() -> None:
    code = "import os, sys; print(sys.stdin.read() == os.environ['ROADWORTHY_TASK'] == sys.argv[1])"
    assert _ran(code, "{input}") == AgentEnded(
        ending=Ending.ANSWERED, answer="True", exit_code=0, elapsed_ms=_ANY
    )


class _Any(float):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, float)

    def __hash__(self) -> int:
        return 0


_ANY = _Any()


def test_the_key_of_a_run_that_is_recorded_names_it() -> None:
    recorded = environment(replace(TASK, kind=RECORD, token=""), base={})
    keys = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "ROADWORTHY_MCP_KEY")
    assert {recorded[one] for one in keys} == {f"rw_key.run.{TASK.trace_id}"}
    assert environment(TASK, base={})["OPENAI_API_KEY"] == "rw_key.rwd1.x.y"
    assert environment(replace(TASK, token=""), base={})["OPENAI_API_KEY"] == "rw_key"
    assert environment(replace(TASK, kind=RECORD, token="", gateway_key=""), base={})["OPENAI_API_KEY"] == ""


def test_crashes_and_commands_that_cannot_start_say_why() -> None:
    ended = _ran("import sys; sys.stderr.write('no such order'); sys.exit(3)")
    assert (ended.ending, ended.exit_code, ended.error) == (Ending.CRASHED, 3, "no such order")
    missing = run_command(["/nowhere/agent"], TASK)
    assert missing.ending is Ending.CRASHED and "/nowhere/agent" in missing.error
    for wrong in ("", "  ", "python 'agent"):
        with pytest.raises(ValueError, match=r"command|quotation"):
            arguments_of(wrong)


def test_an_agent_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)\n"
    )
    stop = threading.Event()

    def end_it() -> None:
        deadline = time.monotonic() + 60
        while not (pids.exists() and pids.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        stop.set()

    threading.Thread(target=end_it, daemon=True).start()
    ended = _ran(code, stop=stop)
    assert ended.ending is Ending.HUNG
    for pid in pids.read_text().split():
        deadline = time.monotonic() + 60
        while _runs(int(pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_agent_that_says_much_neither_blocks_nor_fills_memory() -> None:
    ended = _ran("print('a' * 3_000_000); import sys; sys.stderr.write('b' * 3_000_000)")
    assert ended.ending is Ending.ANSWERED and len(ended.answer) == 1_000_000


@pytest.mark.parametrize(
    ("text", "field", "answer"),
    [
        ("It is 42.\n", "", "It is 42."),
        ('{"answer": "42"}', "", "42"),
        ('log line\n{"output": "42"}\n', "", "42"),
        ('{"result": {"parts": [{"text": "42"}]}}', "result.parts.0.text", "42"),
        ('{"result": 42}', "result", "42"),
        ('{"other": 1}', "result", ""),
        ('{"other": 1}', "", '{"other": 1}'),
        ("{broken", "", "{broken"),
        ("", "", ""),
    ],
)
def test_the_answer_is_found_where_it_usually_is(text: str, field: str, answer: str) -> None:
    assert answer_of(text, field=field) == answer


def test_the_environment_leads_unmodified_sdks_to_the_gateway_and_keeps_our_key_back() -> None:
    given = environment(
        TASK, base={"PATH": "/bin", "ROADWORTHY_API_KEY": "rw_admin", "OPENAI_API_KEY": "sk-own"}
    )
    assert given["OPENAI_BASE_URL"] == "http://127.0.0.1:8421/v1"
    assert given["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:8421"
    assert given["OPENAI_API_KEY"] == given["ANTHROPIC_API_KEY"] == "rw_key.rwd1.x.y"
    assert "x-roadworthy-drill: rwd1.x.y" in given["OPENAI_CUSTOM_HEADERS"].split("\n")
    assert given["PATH"] == "/bin" and "ROADWORTHY_API_KEY" not in given


def test_a_run_is_told_as_one_span_under_a_name_of_its_own() -> None:
    ended = AgentEnded(ending=Ending.CRASHED, error="broke", elapsed_ms=1500)
    marks = drill_marks(TASK, drill="d1", faults=["empty"])
    body = json.loads(otlp_body(TASK, ended, agent="support", marks=marks, ended_ns=10_000_000_000))
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    said = {one["key"]: one["value"]["stringValue"] for one in span["attributes"]}
    assert (span["traceId"], span["spanId"]) == (TASK.trace_id, TASK.traceparent.split("-")[2])
    assert (span["startTimeUnixNano"], span["status"]["code"]) == ("8500000000", 2)
    assert said["gen_ai.agent.name"] == "support (drill)" and said["roadworthy.drill.faults"] == "empty"


def test_a_rerun_is_told_with_what_it_is_a_rerun_of() -> None:
    task = replace(TASK, kind="replay")
    marks = rerun_marks(task, inquiry="i1", rerun_of="cd" * 16)
    body = json.loads(otlp_body(task, AgentEnded(ending=Ending.ANSWERED), agent="a", marks=marks, ended_ns=1))
    resource = body["resourceSpans"][0]["resource"]["attributes"]
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    said = {one["key"]: one["value"]["stringValue"] for one in [*span["attributes"], *resource]}
    assert said["gen_ai.agent.name"] == said["service.name"] == "a (replay)"
    assert said["deployment.environment.name"] == "replay"
    assert (said["roadworthy.inquiry"], said["roadworthy.rerun"]) == ("i1", "3")
    assert said["roadworthy.rerun_of"] == "cd" * 16


@contextmanager
def _endpoint(status: int = 200) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    asked: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked.append(({name.lower(): value for name, value in self.headers.items()}, body))
            said = json.dumps({"answer": "It is 42."}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/ask", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_agent_behind_an_endpoint_is_told_of_the_drill_in_headers() -> None:
    with _endpoint() as (url, asked):
        ended = run_endpoint(url, TASK, body='{"question": "{input}"}', allowed=None)
    assert (ended.ending, ended.answer, ended.exit_code) == (Ending.ANSWERED, "It is 42.", 200)
    headers, body = asked[0]
    assert json.loads(body) == {"question": TASK.input}
    assert headers["x-roadworthy-drill"] == TASK.token and headers["traceparent"] == TASK.traceparent
    assert headers["baggage"] == f"roadworthy.drill={TASK.token}"


def test_an_endpoint_that_fails_or_may_not_be_reached_crashed() -> None:
    with _endpoint(500) as (url, _):
        assert run_endpoint(url, TASK, body="{input}", allowed=None).ending is Ending.CRASHED
        refused = run_endpoint(url, TASK, body="{input}", allowed=())
    assert refused.ending is Ending.CRASHED and "private address" in refused.error
