"""Tapes made by hand: recorded calls as the gateway writes them down."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage, Recording
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.debug.plan import Plan
from roadworthy.features.debug.tape.asked import Asked
from roadworthy.features.debug.tape.loading import TapeHole, load_tape
from roadworthy.features.debug.tape.tape import Tape

CHAT = "/v1/chat/completions"
PLAN = Plan(
    project="default",
    agent="support",
    inquiry="0199aa",
    number=1,
    attempt=1,
    run_id="ab" * 16,
    tape_run="cd" * 16,
)


@dataclass(frozen=True, kw_only=True)
class RunOf:
    project: str = "default"
    id: str = "cd" * 16
    agent: str = "support"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A recorded call; `gone` says why its recording is not there."""

    body: Any
    answer: Any = None
    path: str = CHAT
    kind: ExchangeKind = ExchangeKind.MODEL
    dialect: Dialect = Dialect.OPENAI_CHAT
    target: str = "planner"
    asked: str = "planner"
    status: int = 200
    ending: Ending = Ending.COMPLETE
    failure: TypedFailure | None = None
    gone: str = ""
    notes: tuple[str, ...] = ()
    chunks: Sequence[bytes] | None = None
    headers: Sequence[tuple[bytes, bytes]] = ((b"content-type", b"application/json"),)
    response_id: str = ""
    began: int | None = None

    def asks(self, **more: Any) -> Asked:
        """The same call, asked again."""
        body = {**self.body, **more} if isinstance(self.body, dict) else self.body
        return Asked(kind=self.kind, path=self.path, body=raw(body), dialect=self.dialect)


def chat(
    *messages: str, model: str = "planner", system: str = "You help.", answer: str = "", **more: Any
) -> Call:
    """A call to a model that says `answer`."""
    said = {
        "id": f"chatcmpl-{zlib.crc32(repr(messages).encode()):020d}",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
        ],
    }
    given = [{"role": "user", "content": one} for one in messages]
    body = {"model": model, "messages": [{"role": "system", "content": system}, *given]}
    known = {key: more.pop(key) for key in list(more) if key in Call.__dataclass_fields__}
    return Call(
        body=body | more, answer=said, asked=model, target=model, response_id=str(said["id"]), **known
    )


def tool(
    name: str, arguments: dict[str, Any], result: object = None, *, number: int = 1, **more: Any
) -> Call:
    """A call of `crm.find` through MCP, as `crm__find`."""
    shown = name.replace(".", "__", 1)
    body = {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {"name": shown, "arguments": arguments},
    }
    content = [{"type": "text", "text": json.dumps(result)}]
    told: dict[str, Any] = {"content": content, "isError": False}
    if isinstance(result, dict):
        told["structuredContent"] = result
    return Call(
        body=body,
        answer={"jsonrpc": "2.0", "id": number, "result": told},
        path="/mcp",
        kind=ExchangeKind.TOOL,
        dialect=Dialect.MCP,
        target=name,
        asked=shown,
        **more,
    )


def tape_of(*calls: Call, listings: Sequence[tuple[str, bytes]] = ()) -> Tape:
    made = {f"{at:032x}": (one, _exchange(one, at)) for at, one in enumerate(calls, 1)}

    def read(exchange: Exchange) -> Recording:
        call = made[exchange.id][0]
        if call.gone:
            raise TapeHole(call.gone)
        return recording_of(call, exchange.id)

    return load_tape(RunOf(), [one for _, one in made.values()], read, listings=listings)


def recording_of(call: Call, exchange_id: str) -> Recording:
    answer = None
    if call.answer is not None or call.chunks is not None:
        chunks = call.chunks if call.chunks is not None else [raw(call.answer)]
        timed = tuple((10.0 + at, one) for at, one in enumerate(chunks))
        answer = RecordedMessage(head=str(call.status), headers=call.headers, chunks=timed)
    return Recording(
        exchange_id=exchange_id,
        request=RecordedMessage(head=f"POST {call.path}", chunks=((0.0, raw(call.body)),)),
        answer=answer,
        notes=call.notes,
    )


def plan(**more: Any) -> Plan:
    return replace(PLAN, **more)


def raw(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _exchange(call: Call, at: int) -> Exchange:
    return Exchange(
        project="default",
        id=f"{at:032x}",
        kind=call.kind,
        dialect=call.dialect,
        agent="support",
        target=call.target,
        asked=call.asked,
        started_ns=call.began if call.began is not None else at * 1_000_000,
        elapsed_ms=1.0,
        status=call.status,
        ending=call.ending,
        failure=call.failure,
        response_id=call.response_id,
        response_bytes=len(raw(call.answer)) if call.answer is not None else 0,
    )
