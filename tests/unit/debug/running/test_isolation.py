"""Nothing leaves the machine in a replay: real programs in real namespaces, and behind proxies without."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.running import isolation, kept
from roadworthy.features.debug.running.command import run_command
from roadworthy.features.debug.running.isolation import Guard, Guarding, Isolate
from tests.conftest import IN_CI
from tests.unit.debug.running.agents import TASK, ran

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are of Linux")

ASK = (
    "import os, urllib.request\n"
    "print(urllib.request.urlopen(os.environ['ROADWORTHY_GATEWAY_URL'] + '/who').read().decode())\n"
)
ALONE = "It ran in a network of its own, in which there is the gateway and nothing else."
NODE = shutil.which("node")


@pytest.fixture
def spaces() -> None:
    """Fails in CI, where there are namespaces; elsewhere it says loudly why it cannot be tried."""
    ended = ran("print(1)", guard=Guard())
    if ALONE not in ended.notes:
        if IN_CI:
            pytest.fail(f"this kernel is to give namespaces: {ended.notes}")
        pytest.skip(f"NOT TESTED: this kernel gives no namespaces: {ended.notes}")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_refused", {"spaces": "unshare: Operation not permitted"})


@contextmanager
def a_server(host: str = "127.0.0.1") -> Iterator[str]:
    """A gateway, as far as this matters: it says that it was reached."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = b"the gateway"
            self.send_response(200)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(url: str, code: str, *, guard: Guard | None = None) -> AgentEnded:
    return ran(code, task=replace(TASK, gateway_url=url), guard=guard or Guard())


def test_the_gateway_is_reached_and_a_server_beside_it_is_not(spaces: None) -> None:
    with a_server() as gateway, a_server() as other:
        code = f"{ASK}import urllib.request\nurllib.request.urlopen({other!r})\n"
        ended = asked(gateway, code)
        assert asked(gateway, ASK).answer == "the gateway"
    assert ended.ending is Ending.CRASHED and "Connection refused" in ended.error
    assert ended.answer == "the gateway"
    address = other.removeprefix("http://")
    assert f"The agent tried to reach {address} by itself; a replay lets nothing out." in ended.notes


def test_a_gateway_with_a_name_or_an_address_of_its_own_is_there_too(
    spaces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_server("0.0.0.0") as anywhere:
        port = anywhere.rpartition(":")[2]
        known = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *rest, **more: known(
                "127.0.0.1" if host == "gateway.internal" else host, *rest, **more
            ),
        )
        for host in ("localhost", "0.0.0.0", "gateway.internal", own_address()):
            ended = asked(f"http://{host}:{port}", ASK)
            assert (ended.answer, ended.error) == ("the gateway", ""), host
            assert ALONE in ended.notes


def own_address() -> str:
    """One of this machine's that is not loopback; loopback where there is no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@pytest.mark.parametrize(
    "code",
    [
        # By a proxy, as HTTP clients do.
        "import urllib.request; urllib.request.urlopen('https://api.example.com/v1')",
        # By itself.
        "import socket; socket.create_connection(('api.example.com', 443), 5)",
        "import socket; socket.create_connection(('192.0.2.7', 443), 5)",
        "import socket; socket.socket(2, 2).sendto(b'x', ('192.0.2.7', 443))",
    ],
)
def test_what_an_agent_in_python_tries_by_itself_fails_and_is_told(spaces: None, code: str) -> None:
    ended = ran(code, guard=Guard())
    assert ended.ending is Ending.CRASHED
    where = "192.0.2.7:443" if "192.0.2.7" in code else "api.example.com:443"
    tried = [one for one in ended.notes if one.startswith("The agent tried to reach")]
    assert len(tried) == 1 and f" {where} " in tried[0], ended.notes


def test_the_server_behind_one_address_under_two_names_is_there_once(spaces: None) -> None:
    with a_server() as gateway:
        task = replace(TASK, gateway_url=gateway, otlp_url=gateway.replace("127.0.0.1", "localhost"))
        ended = ran(ASK, task=task, guard=Guard())
    assert ended.answer == "the gateway" and ALONE in ended.notes


def test_where_processes_get_no_namespace_they_still_get_a_network(
    spaces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in containers that cover parts of /proc."""
    plan = Guarding._plan

    def without_processes(self: Guarding) -> None:
        plan(self)
        self.fall_back(kept.Refused("mount /proc: Operation not permitted"))

    monkeypatch.setattr(Guarding, "_plan", without_processes)
    with a_server() as gateway, a_server() as other:
        code = f"{ASK}import subprocess\nsubprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        ended = asked(gateway, f"{code}urllib.request.urlopen({other!r})")
    assert ended.answer == "the gateway" and "Connection refused" in ended.error
    assert ALONE in ended.notes and any("left 1 process behind" in one for one in ended.notes)


def test_a_program_of_the_shell_reaches_the_gateway_and_nothing_else(spaces: None) -> None:
    code = (
        'exec 3<>"/dev/tcp/${ROADWORTHY_GATEWAY_URL#http://127.0.0.1:}"\n'
        "printf 'GET /who HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3\n"
        "exec 4<>/dev/tcp/api.example.com/443 || exit 4\n"
    ).replace("/dev/tcp/${", "/dev/tcp/127.0.0.1/${")
    with a_server() as gateway:
        ended = run_command(["bash", "-c", code], replace(TASK, gateway_url=gateway), guard=Guard())
    assert (ended.answer, ended.exit_code) == ("the gateway", 4), ended
    assert any(one.startswith("The agent tried to reach api.example.com") for one in ended.notes), ended.notes


@pytest.mark.skipif(NODE is None, reason="NOT TESTED: there is no node here")
def test_an_agent_in_another_language_reaches_the_gateway_and_nothing_else(spaces: None) -> None:
    code = (
        "fetch(process.env.ROADWORTHY_GATEWAY_URL + '/who').then(r => r.text()).then(t => { console.log(t);"
        "return fetch('https://api.example.com/v1') })"
        ".catch(e => { console.error(e.cause?.code); process.exit(4) })"
    )
    with a_server() as gateway:
        ended = run_command([str(NODE), "-e", code], replace(TASK, gateway_url=gateway), guard=Guard())
    assert (ended.answer, ended.exit_code) == ("the gateway", 4), ended
    assert any(one.startswith("The agent tried to reach api.example.com") for one in ended.notes), ended.notes
    assert any("for programs in Python alone" in one for one in _with_clock(str(NODE)).notes)


def _with_clock(node: str) -> AgentEnded:
    return run_command([node, "-e", "1"], TASK, guard=Guard(clock_ns=1))


def test_without_namespaces_proxies_refuse_and_the_rerun_says_so(refused: None) -> None:
    with a_server() as gateway, a_server() as other:
        ended = asked(gateway, f"{ASK}urllib.request.urlopen('https://api.example.com/v1')")
        near = asked(gateway, f"{ASK}urllib.request.urlopen({other!r})")
    assert (ended.ending, ended.answer) == (Ending.CRASHED, "the gateway")
    assert any("no network of its own (unshare: Operation not permitted)" in one for one in ended.notes)
    told = "The agent tried to reach api.example.com:443 by itself; a replay lets nothing out."
    assert told in ended.notes
    address = other.removeprefix("http://")
    assert f"It connected to {address} on this machine, which nothing kept it from." in near.notes


def test_without_namespaces_sockets_of_python_are_refused_all_the_same(refused: None) -> None:
    ended = ran("import socket; socket.create_connection(('192.0.2.7', 443), 5)", guard=Guard())
    assert "nothing leaves the machine" in ended.error
    assert any("192.0.2.7:443" in one for one in ended.notes)


def test_a_proxy_passes_on_what_may_be_reached(refused: None) -> None:
    code = "import os, urllib.request\nfor name in ('NO_PROXY', 'no_proxy'):\n    del os.environ[name]\n"
    with a_server() as gateway:
        assert asked(gateway, code + ASK).answer == "the gateway"


def test_isolation_that_is_off_is_said(spaces: None) -> None:
    with a_server() as gateway, a_server() as other:
        code = f"import urllib.request; print(urllib.request.urlopen({other!r}).read().decode())"
        ended = asked(gateway, code, guard=Guard(isolate=Isolate.OFF))
    assert ended.answer == "the gateway"
    assert any("isolation is off" in one for one in ended.notes)


def test_the_clock_of_a_program_in_python_is_that_of_the_recorded_run() -> None:
    then_ns = 1_767_225_600_000_000_000  # 2026-01-01
    code = (
        "import datetime, random, subprocess, sys, time\n"
        "says = 'import time, datetime; print(time.strftime(\"%F\"), datetime.datetime.now().date())'\n"
        "inner = subprocess.run([sys.executable, '-c', says], capture_output=True, text=True)\n"
        "print(datetime.datetime.now(datetime.UTC).date(), datetime.date.today(), time.gmtime()[:3],\n"
        "      time.time() // 86400 == 20454, inner.stdout.strip(), random.random())\n"
    )
    guard = Guard(clock_ns=then_ns, seed="run-1")
    first, second = ran(code, guard=guard), ran(code, guard=guard)
    assert first.error == "" and first.answer == second.answer
    said = "2026-01-01 2026-01-01 (2026, 1, 1) True 2026-01-01 2026-01-01"
    assert first.answer.startswith(said), first.answer
    assert "Its clock began at 2026-01-01 00:00:00 UTC, as in the recorded run, and `random` was seeded." in (
        first.notes
    )
    free = ran("import random; print(random.random())")
    assert free.answer not in first.answer


def test_what_tells_telemetry_goes_by_the_real_clock() -> None:
    code = (
        "import time, types\n"
        "told = types.ModuleType('opentelemetry.sdk.trace')\n"
        "exec('from time import time_ns\\ndef now(): return time_ns()', told.__dict__)\n"
        "print(time.time_ns() < 10**9, told.now() > 10**9)\n"
    )
    assert ran(code, guard=Guard(clock_ns=0)).answer == "True True"


def test_another_sitecustomize_has_its_turn(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['THEIRS'] = 'too'")
    code = "import os, sys; print(os.environ['THEIRS'], sys.modules['sitecustomize'].__file__)"
    ended = ran(code, guard=Guard(), more={"PYTHONPATH": str(tmp_path)})
    assert ended.answer == f"too {tmp_path / 'sitecustomize.py'}"
