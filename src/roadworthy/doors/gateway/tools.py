"""Tools at the gateway's door: who calls, which tool, what became of it; for MCP and for plain HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from roadworthy.contracts.recorder import Recorder
from roadworthy.domain.exchange import Dialect, Ending, ExchangeKind
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.offer_changes import OfferChanges
from roadworthy.doors.gateway.refusing import tell
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.room import Notes, Shape
from roadworthy.doors.gateway.told_listings import ToldListings
from roadworthy.doors.gateway.tool_story import ToolFaults, ToolStory
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.keys.presenting import UNAUTHENTICATED, WHY, refused
from roadworthy.features.gateway.tools.bell import Bell
from roadworthy.features.gateway.tools.catalog import RETRY_S
from roadworthy.features.gateway.tools.desk import ToolCallDone, ToolDesk, not_now
from roadworthy.features.gateway.tools.names import offered_name
from roadworthy.features.gateway.tools.offering import Offer, Offering

FRESH_MS = 30_000
MOST_LISTENING = 1_024
"""Streams that wait for tools to change; beyond them clients look for themselves."""
_CHALLENGE = ((b"www-authenticate", b'Bearer realm="roadworthy gateway"'),)


class ToolRoom:
    """What both doors work with. `faults` None injects nothing; `on_told` hears how each call ended."""

    def __init__(
        self,
        desk: ToolDesk,
        offering: Offering,
        *,
        callers: Callable[[GatewayRequest], Caller | TypedFailure],
        recorder: Recorder | None = None,
        faults: ToolFaults | None = None,
        on_told: Callable[[Ending, str], None] = lambda _ending, _code: None,
        bell: Bell | None = None,
    ) -> None:
        self._desk = desk
        self._offering = offering
        self._callers = callers
        self._recorder = recorder
        self._told = ToldListings(recorder)
        self._faults = faults
        self._on_told = on_told
        self._bell = bell
        self.tells_changes = bell is not None

    def caller(self, request: GatewayRequest, reply: Reply, *, agent: str = "") -> Caller | None:
        """None: it was told why not. `agent` is the one that the path names."""
        caller = self._callers(request)
        if isinstance(caller, Caller):
            if not agent or agent == caller.agent:
                return caller
            caller = refused(f"This key belongs to {caller.agent}, not to {agent[:100]}.", why="forbidden")
        unknown = caller.facts.get(WHY) == UNAUTHENTICATED
        tell(
            reply,
            path=request.path,
            failure=caller,
            status=401 if unknown else None,
            headers=_CHALLENGE if unknown else (),
        )
        return None

    def changes(self, request: GatewayRequest, caller: Caller) -> OfferChanges | None:
        if self._bell is None or self._bell.ears >= MOST_LISTENING:
            return None
        return OfferChanges(self._bell.ear(), self._offering, lambda: self._callers(request), caller)

    async def listed(self, caller: Caller, *, modern: bool) -> bytes:
        """The result of `tools/list`, as JSON. Recorded where it is another than the agent was told last."""
        offer = await self._offering.of(caller)
        kind = "modern" if modern else "older"
        body = offer.bodies.get(kind)
        if body is None:
            result: dict[str, Any] = {"tools": [one.as_mcp(modern=modern) for one in offer.tools]}
            if modern:
                result |= {"resultType": "complete", "ttlMs": FRESH_MS, "cacheScope": "private"}
            body = offer.bodies[kind] = orjson.dumps(result, default=str)
            self._told.told(caller, kind, body)
        return body

    async def paths(self, caller: Caller) -> Sequence[Mapping[str, Any]]:
        offer = await self._offering.of(caller)
        return [
            {"path": f"/connect/{one.target.replace('.', '/', 1)}", "connector": one.connector.name}
            | one.as_mcp(modern=True)
            for one in offer.tools
        ]

    async def call(
        self,
        request: GatewayRequest,
        reply: Reply,
        caller: Caller,
        *,
        name: str,
        arguments: Mapping[str, Any],
        dialect: Dialect,
        shape: Shape,
        traceparent: str = "",
        notes: Notes | None = None,
    ) -> None:
        """Calls, answers and records: also a call whose agent went away."""
        story = ToolStory(request, caller, dialect=dialect, traceparent=traceparent)
        if notes is not None:
            notes.headers = [(b"x-roadworthy-exchange", story.id.encode())]
        done = ToolCallDone(target=name[:300], ending=Ending.REFUSED)
        try:
            done = await self._made(
                request, story, caller, name=name, arguments=arguments, done=done, notes=notes
            )
        except asyncio.CancelledError:
            story.tell(self._recorder, done, asked=name[:300], status=0, body=b"", ending=Ending.ABORTED)
            self._on_told(Ending.ABORTED, "")
            raise
        status, body = shape(done)
        headers = [(b"content-type", b"application/json"), (b"x-roadworthy-exchange", story.id.encode())]
        if done.failure is not None:
            headers.append((b"x-roadworthy-failure", done.failure.code.value.encode()))
            after = done.failure.retry_after_s
            if after is not None and status in (429, 503):
                headers.append((b"retry-after", b"%d" % max(1, round(after))))
        if notes is None or not notes.end(body):
            reply.send(status, headers, body)
        story.tell(self._recorder, done, asked=name[:300], status=status, body=body)
        self._on_told(done.ending, done.failure.code.value if done.failure else "")

    async def _made(
        self,
        request: GatewayRequest,
        story: ToolStory,
        caller: Caller,
        *,
        name: str,
        arguments: Mapping[str, Any],
        done: ToolCallDone,
        notes: Notes | None,
    ) -> ToolCallDone:
        offer = await self._offering.of(caller)
        tool = offer.by_name.get(name)
        if tool is None:
            done.failure = _unlisted(name, offer) or _unknown(name)
            return done
        done.target = tool.target
        if self._faults is not None:
            try:
                seat = self._faults.seat(request, project=caller.project, agent=caller.agent)
            except ValueError as bad:
                done.failure = refused(f"{tool.target} was not called: {bad}.", why="drill")
                return done
            if seat is not None:
                story.in_drill(seat)
            story.injection = self._faults.next(
                seat,
                project=caller.project,
                agent=caller.agent,
                run_key=story.run_key,
                kind=ExchangeKind.TOOL,
                target=tool.target,
            )
        return await self._desk.call(
            caller,
            tool,
            arguments,
            traceparent=story.traceparent,
            fault=story.injection,
            on_progress=notes.tell if notes is not None else None,
        )


def _unlisted(name: str, offer: Offer) -> TypedFailure | None:
    """Nobody knows whether there is such a tool while its system cannot be asked."""
    for connector, problem in offer.problems.items():
        if name.startswith((f"{connector}.", offered_name(connector, ""))):
            what = f"{name[:100]!r} was not called: the tools of {connector} are not known now ({problem})"
            return not_now(FailureCode.UNREACHABLE, what, about=connector, after_s=RETRY_S)
    return None


def _unknown(name: str) -> TypedFailure:
    """The same for a tool that is not there and for one that was not granted: names cannot be probed."""
    return TypedFailure(
        code=FailureCode.NOT_FOUND,
        what=f"This agent has no tool {name[:100]!r}",
        retry=Retry.NEVER,
        do_not_conclude="Nothing was asked: this says nothing about the data. Use a tool that is listed.",
    )
