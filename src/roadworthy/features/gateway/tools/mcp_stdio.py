"""An MCP server that is a program, as tools: a supervised child that speaks on standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.contracts.tool_system import Progress, ToolCallContext, ToolResult, ToolSpec
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.tools.child import LOG_LINES, Child, ChildCommand, ChildGone
from roadworthy.features.gateway.tools.progress_book import ProgressBook
from roadworthy.features.gateway.tools.protocol import (
    CAPABILITIES_KEY,
    CLIENT_KEY,
    HANDSHAKE,
    IMPLEMENTATION,
    METHOD_NOT_FOUND,
    MODERN,
    UNSUPPORTED_VERSION,
    VERSION_KEY,
)
from roadworthy.features.gateway.tools.reading import (
    NotAnAnswer,
    RpcFailed,
    invalid,
    read_call,
    read_tools,
    refused_by_rpc,
    result_of,
)

PAUSES_S = (0.0, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Before it is started again: the more often it ended soon after a start, the longer."""
STEADY_S = 60.0
HUNG_AFTER = 2
"""Calls in a row that got no answer in time; then it is asked whether it lives."""
PING_S = 3.0
MOST_GARBAGE = 200
"""Lines that are no message, in a row: what prints them is no server."""
MOST_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildState:
    """For health answers. `said` are the last lines of its standard error, masked."""

    running: bool
    pid: int
    starts: int
    garbage: int
    said: tuple[str, ...]


class McpStdioSystem:
    """See `contracts.tool_system.ToolSystem`. For one event loop. The child is started when it is first
    needed, and again when it has ended."""

    def __init__(
        self,
        name: str,
        command: ChildCommand,
        *,
        timeout_s: float = 30.0,
        pauses_s: Sequence[float] = PAUSES_S,
        on_changed: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._command = command
        self._timeout_s = timeout_s
        self._pauses_s = pauses_s
        self.on_changed = on_changed or (lambda: None)
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._said: deque[str] = deque(maxlen=LOG_LINES)
        self._waiting: dict[int, tuple[Child, asyncio.Future[dict[str, Any]]]] = {}
        self._progress = ProgressBook()
        self._number = 0
        self._modern = False
        self._specs: dict[str, ToolSpec] = {}
        self._starts = 0
        self._short_lives = 0
        self._not_before = 0.0
        self._garbage = self._garbage_in_a_row = 0
        self._unanswered = 0
        self._chores: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def state(self) -> ChildState:
        child = self._child
        return ChildState(
            running=child is not None,
            pid=child.pid if child is not None else 0,
            starts=self._starts,
            garbage=self._garbage,
            said=tuple(self._said),
        )

    def said(self) -> Sequence[str]:
        return tuple(self._said)

    async def tools(self) -> Sequence[ToolSpec]:
        listed: list[Any] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            params = {"cursor": cursor} if cursor else {}
            result = await self._asked(
                "tools/list", params, about=self._name, seconds=self._timeout_s, may_repeat=True
            )
            page = result.get("tools")
            listed += page if isinstance(page, list) else []
            after = result.get("nextCursor")
            if not isinstance(after, str) or not after or after == cursor:
                break
            cursor = after
        specs = read_tools(listed)
        self._specs = {one.name: one for one in specs}
        return specs

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        about = f"{self._name}.{name}"
        spec = self._specs.get(name)
        params: dict[str, Any] = {"name": name, "arguments": arguments}
        if context.traceparent:
            params["_meta"] = {"traceparent": context.traceparent}
        result = await self._asked(
            "tools/call",
            params,
            about=about,
            seconds=min(self._timeout_s, context.deadline_s),
            may_repeat=spec is not None and spec.idempotent,
            on_progress=context.on_progress,
        )
        return read_call(result, about=about)

    async def close(self) -> None:
        self._closed = True
        for task in tuple(self._chores):
            task.cancel()
        child, self._child = self._child, None
        if child is not None:
            await child.stop()

    # --- asking ------------------------------------------------------------------------------------------

    async def _asked(
        self,
        method: str,
        params: dict[str, Any],
        *,
        about: str,
        seconds: float,
        may_repeat: bool,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> dict[str, Any]:
        sent = False
        try:
            async with asyncio.timeout(seconds):
                child = await self._running()
                sent = True
                found = await self._answer(child, method, params, on_progress=on_progress)
        except TimeoutError:
            self._got_none()
            raise failed(
                FailureCode.TIMEOUT,
                f"{about} did not answer within {seconds:.3g} s",
                about=about,
                may_repeat=may_repeat or not sent,
            ) from None
        except ChildGone as gone:
            raise failed(
                FailureCode.UNREACHABLE, f"{about}: {gone}", about=about, may_repeat=may_repeat or not sent
            ) from None
        except RpcFailed as error:
            raise refused_by_rpc(error, about=about, may_repeat=may_repeat) from None
        except NotAnAnswer as odd:
            raise invalid(about, str(odd), may_repeat=may_repeat) from None
        self._unanswered = 0
        return found

    async def _answer(
        self,
        child: Child,
        method: str,
        params: dict[str, Any],
        *,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> dict[str, Any]:
        """Raises ChildGone, RpcFailed, NotAnAnswer."""
        self._number += 1
        number = self._number
        if self._modern:
            params = {**params, "_meta": {**params.get("_meta", {}), **_ENVELOPE}}
        params = self._progress.asked(number, params, on_progress)
        waits: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (child, waits)
        try:
            asked = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            await child.write(orjson.dumps(asked))
            return result_of(await waits, request_id=number)
        except asyncio.CancelledError:
            if method == "tools/call":
                told = {
                    "jsonrpc": "2.0",
                    "method": "notifications/cancelled",
                    "params": {"requestId": number},
                }
                self._later(self._tell(child, told))
            raise
        finally:
            self._waiting.pop(number, None)
            self._progress.over(number)

    def _heard(self, line: bytes) -> None:
        """One line of the child's standard output."""
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            self._garbage += 1
            self._garbage_in_a_row += 1
            if self._garbage_in_a_row > MOST_GARBAGE and self._child is not None:
                self._said.append("[it prints what is no message, and was ended]")
                self._later(self._end(self._child))
            return
        self._garbage_in_a_row = 0
        method, number = message.get("method"), message.get("id")
        if isinstance(method, str):
            self._told(method, number, message)
        elif isinstance(number, int) and not isinstance(number, bool):
            _, waits = self._waiting.get(number, (None, None))
            if waits is not None and not waits.done():
                waits.set_result(message)

    def _told(self, method: str, number: Any, message: Mapping[str, Any]) -> None:
        if method == "notifications/tools/list_changed":
            self.on_changed()
        elif not self._progress.heard(message) and number is not None and self._child is not None:
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": number}
            if method == "ping":
                answer["result"] = {}
            else:
                answer["error"] = {"code": METHOD_NOT_FOUND, "message": "Not offered"}
            self._later(self._tell(self._child, answer))

    # --- the child's life --------------------------------------------------------------------------------

    async def _running(self) -> Child:
        """Raises ChildGone."""
        if self._child is not None:
            return self._child
        async with self._starting:
            if self._child is not None:
                return self._child
            if self._closed:
                raise ChildGone("it is being ended")
            if (pause := self._not_before - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            return await self._started()

    async def _started(self) -> Child:
        child = Child(self._command, on_line=self._heard, on_end=lambda: self._ended(child), said=self._said)
        self._starts += 1
        self._garbage_in_a_row = self._unanswered = 0
        self._put_off()
        try:
            await child.start()
            self._modern = False
            await self._agree(child)
        except (RpcFailed, NotAnAnswer) as odd:
            await child.stop(patience_s=0)
            raise ChildGone(f"it cannot be agreed with: {odd}") from None
        except BaseException:
            await child.stop(patience_s=0)
            raise
        self._child = child
        return child

    async def _agree(self, child: Child) -> None:
        """Programs of every age know the handshake; those that have dropped it say so."""
        params = {"protocolVersion": HANDSHAKE[0], "capabilities": {}, "clientInfo": IMPLEMENTATION}
        try:
            result = await self._answer(child, "initialize", params)
        except RpcFailed as error:
            if error.code not in (UNSUPPORTED_VERSION, METHOD_NOT_FOUND):
                raise
            self._modern = True
            await self._answer(child, "server/discover", {})
            return
        if result.get("protocolVersion") not in HANDSHAKE:
            raise NotAnAnswer("a handshake for a protocol that is not known here")
        await child.write(orjson.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}))

    def _put_off(self) -> None:
        """The next start, should this one not last."""
        place = min(self._short_lives, len(self._pauses_s) - 1)
        self._short_lives += 1
        after = self._pauses_s[min(place + 1, len(self._pauses_s) - 1)]
        self._not_before = time.monotonic() + after

    def _ended(self, child: Child) -> None:
        """Nothing more will come from it: whoever waits is told."""
        if self._child is child:
            self._child = None
            if time.monotonic() - child.started > STEADY_S:
                self._short_lives = 0
                self._not_before = 0.0
            if not self._closed:
                self._later(self._end(child))
        for of, waits in self._waiting.values():
            if of is child and not waits.done():
                waits.set_exception(ChildGone("it ended before it answered"))

    def _got_none(self) -> None:
        self._unanswered += 1
        if self._unanswered >= HUNG_AFTER and self._child is not None:
            self._unanswered = 0
            self._later(self._see_whether_it_lives(self._child))

    async def _see_whether_it_lives(self, child: Child) -> None:
        try:
            async with asyncio.timeout(PING_S):
                await self._answer(child, "ping", {})
        except (TimeoutError, ChildGone):
            self._said.append("[it no longer answers, and was ended]")
            await self._end(child)
        except (RpcFailed, NotAnAnswer):
            return  # It answers.

    async def _end(self, child: Child) -> None:
        if self._child is child:
            self._child = None
        await child.stop(patience_s=0)

    async def _tell(self, child: Child, message: dict[str, Any]) -> None:
        with contextlib.suppress(ChildGone):
            await child.write(orjson.dumps(message))

    def _later(self, chore: Any) -> None:
        task = asyncio.get_running_loop().create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


_ENVELOPE = {VERSION_KEY: MODERN, CLIENT_KEY: IMPLEMENTATION, CAPABILITIES_KEY: {}}
