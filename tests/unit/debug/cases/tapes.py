"""Runs to make cases of: an agent that asks a model, calls a tool, and asks again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.tape.tape import Tape, TapeCall

START = 1_764_000_000_000_000_000
JSON = ((b"content-type", b"application/json"),)


def chat_request(*messages: dict[str, Any], model: str = "planner") -> dict[str, Any]:
    return {"model": model, "messages": list(messages)}


def chat_answer(text: str, *, number: int = 1) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number:08d}",
        "object": "chat.completion",
        "created": 1_764_000_000,
        "model": "orders-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def model_call(step: int, asked: dict[str, Any], answer: dict[str, Any], *, status: int = 200) -> TapeCall:
    return TapeCall(
        step=step,
        exchange=_exchange(step, ExchangeKind.MODEL, Dialect.OPENAI_CHAT, "planner", status=status),
        request=RecordedMessage(
            head="POST /v1/chat/completions",
            headers=((b"user-agent", b"an-sdk/1.0"), *JSON),
            chunks=[(0.0, json.dumps(asked).encode())],
        ),
        answer=RecordedMessage(head=str(status), headers=JSON, chunks=[(12.5, json.dumps(answer).encode())]),
    )


def tool_call(step: int, tool: str, arguments: dict[str, Any], result: Any, *, hole: str = "") -> TapeCall:
    exchange = _exchange(step, ExchangeKind.TOOL, Dialect.HTTP, tool)
    if hole:
        return TapeCall(step=step, exchange=exchange, hole=hole)
    connector, _, name = tool.partition(".")
    return TapeCall(
        step=step,
        exchange=exchange,
        request=RecordedMessage(
            head=f"POST /connect/{connector}/{name}",
            headers=JSON,
            chunks=[(0.0, json.dumps(arguments).encode())],
        ),
        answer=RecordedMessage(head="200", headers=JSON, chunks=[(3.0, json.dumps(result).encode())]),
    )


def tape(*calls: TapeCall, run_id: str = "a" * 32, output: str | None = "It is 42.") -> Tape:
    return Tape(
        project="default",
        agent="support",
        run_id=run_id,
        calls=calls,
        listings=(("older", b'{"tools":[]}'),),
        input="What is the total of order A-1?",
        output=output,
    )


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def an_order_tape(*, total: int = 42, hole: str = "") -> Tape:
    question = "What is the total of order A-1?"
    first = chat_request(user(question))
    second = chat_request(user(question), user(f"The tool says {total}"))
    return tape(
        model_call(1, first, chat_answer("look it up")),
        tool_call(2, "erp.order", {"order": "A-1"}, {"total": total}, hole=hole),
        model_call(3, second, chat_answer(f"It is {total}.", number=2)),
        output=f"It is {total}.",
    )


def _exchange(step: int, kind: ExchangeKind, dialect: Dialect, target: str, *, status: int = 200) -> Exchange:
    return Exchange(
        project="default",
        id=f"{step:032x}",
        kind=kind,
        dialect=dialect,
        agent="support",
        target=target,
        asked=target.rpartition(".")[2],
        started_ns=START + step * 1_000_000_000,
        elapsed_ms=12.5,
        status=status,
        ending=Ending.COMPLETE if status < 400 else Ending.FAILED,
    )


def told_as(exchange: Exchange, **changes: Any) -> Exchange:
    return replace(exchange, **changes)
