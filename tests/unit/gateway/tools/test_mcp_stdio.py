"""A program behind tools: what it prints, how it ends, what it may see; and that it never outlives us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from roadworthy.contracts.tool_system import Progress, ToolCallContext, ToolFailed
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.tools.child import ChildCommand
from roadworthy.features.gateway.tools.mcp_stdio import McpStdioSystem

PROGRAM = str(Path(__file__).with_name("program.py"))
REPO = Path(__file__).resolve().parents[4]
CONTEXT = ToolCallContext(project="default", agent="support", deadline_s=15)


def _run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    uvloop.run(bounded())


@contextlib.asynccontextmanager
async def _system(how: str = "honest", **changes: object) -> AsyncIterator[McpStdioSystem]:
    command = ChildCommand(
        command=sys.executable,
        arguments=(PROGRAM, how),
        environment={"CRM_TOKEN": "t-1"},
        most_line_bytes=1 << 20,
    )
    system = McpStdioSystem("crm", command, pauses_s=(0.0, 0.0, 0.05), **changes)  # type: ignore[arg-type]
    try:
        yield system
    finally:
        await system.close()


async def _said(system: McpStdioSystem, name: str, *, seconds: float = 15, **arguments: object) -> str:
    context = ToolCallContext(project="default", agent="support", deadline_s=seconds)
    result = await system.call(name, arguments, context=context)
    return str(result.content[0]["text"]) if result.content else str(result.structured)


async def _failed(system: McpStdioSystem, name: str, *, seconds: float = 15) -> FailureCode:
    with pytest.raises(ToolFailed) as raised:
        await _said(system, name, seconds=seconds)
    return raised.value.failure.code


def _lives(pid: int) -> bool:
    try:
        with Path(f"/proc/{pid}/stat").open() as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def _until_gone(pid: int) -> None:
    async with asyncio.timeout(20):
        while _lives(pid):  # noqa: ASYNC110 (the kernel tells nobody)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", ["honest", "modern"])
def test_a_program_is_started_when_it_is_needed_and_called(how: str) -> None:
    async def test() -> None:
        async with _system(how) as system:
            assert not system.state.running
            assert "pid" in [one.name for one in await system.tools()]
            answers = await asyncio.gather(*(_said(system, "pid") for _ in range(5)))
            assert set(answers) == {str(system.state.pid)}
            pid = system.state.pid
        await _until_gone(pid)

    _run(test)


def test_it_sees_no_variable_but_what_it_needs_and_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROADWORTHY_SECRET_X", "hidden")
    monkeypatch.setenv("OPENAI_API_KEY", "hidden")

    async def test() -> None:
        async with _system() as system:
            result = await system.call("environment", {}, context=CONTEXT)
            assert result.structured["CRM_TOKEN"] == "t-1"
            assert "hidden" not in str(result.structured)
            while not system.state.said:  # noqa: ASYNC110 (another process writes it)
                await asyncio.sleep(0.02)
            assert system.state.said[0].startswith("started with token [masked:")

    _run(test)


def test_chatter_and_lines_without_end_are_dropped_and_answers_come_through() -> None:
    async def test() -> None:
        async with _system() as system:
            assert await _said(system, "chatter") == str(system.state.pid)
            assert system.state.garbage == 3
            assert await _said(system, "shout", bytes=3 << 20) == str(system.state.pid)
            assert any("was dropped" in line for line in system.state.said)
            assert system.state.starts == 1

    _run(test)


def test_one_that_dies_or_prints_garbage_alone_is_begun_anew() -> None:
    async def test() -> None:
        async with _system() as system:
            first = await _said(system, "pid")
            assert await _failed(system, "die") is FailureCode.UNREACHABLE
            second = await _said(system, "pid")
            assert second != first
            assert await _failed(system, "garbage") is FailureCode.UNREACHABLE
            assert await _said(system, "pid") not in (first, second)
            assert system.state.starts == 3
            await _until_gone(int(first))
            await _until_gone(int(second))

    _run(test)


def test_one_that_hangs_is_ended_with_all_it_started() -> None:
    async def test() -> None:
        async with _system() as system:
            grandchild = int(await _said(system, "spawn"))
            first = system.state.pid
            for _ in range(2):
                assert await _failed(system, "hang", seconds=0.2) is FailureCode.TIMEOUT
            await _until_gone(first)
            await _until_gone(grandchild)
            assert int(await _said(system, "pid")) != first

    _run(test)


def test_what_cannot_be_started_says_so_and_is_tried_less_and_less() -> None:
    async def test() -> None:
        system = McpStdioSystem("crm", ChildCommand(command="/no/such/program"), pauses_s=(0.0, 0.01, 60.0))
        assert await _failed(system, "pid") is FailureCode.UNREACHABLE
        assert await _failed(system, "pid") is FailureCode.UNREACHABLE
        assert await _failed(system, "pid", seconds=0.2) is FailureCode.TIMEOUT
        assert system.state.starts == 2
        assert "no/such/program" in system.state.said[-1]
        await system.close()

    _run(test)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2)")
def test_it_dies_with_a_gateway_that_is_killed() -> None:
    script = textwrap.dedent(
        """
        import asyncio
        from tests.unit.gateway.tools.test_mcp_stdio import _said, _system
        async def main():
            async with _system() as system:
                print(await _said(system, "pid"), flush=True)
                await asyncio.sleep(600)
        asyncio.run(main())
        """
    )
    gateway = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=REPO, env={**os.environ}
    )
    assert gateway.stdout is not None
    pid = int(gateway.stdout.readline())
    assert _lives(pid)
    gateway.send_signal(signal.SIGKILL)
    gateway.wait(60)
    gateway.stdout.close()
    uvloop.run(_until_gone(pid))


def test_what_it_says_between_answers_is_heard() -> None:
    async def test() -> None:
        changed: list[bool] = []
        told: list[Progress] = []
        async with _system(on_changed=lambda: changed.append(True)) as system:
            await _said(system, "grow")
            assert changed == [True]
            context = ToolCallContext(
                project="default", agent="support", deadline_s=15, on_progress=told.append
            )
            await system.call("slowly", {}, context=context)
        assert told == [Progress(progress=1, total=2, message="half")]

    _run(test)
