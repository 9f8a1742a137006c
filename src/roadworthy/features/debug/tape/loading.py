"""A tape made of a run's exchanges and what was recorded of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import orjson

from roadworthy.domain.agent_ended import RecordedEnd
from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind, is_listing
from roadworthy.domain.recording import RecordedMessage, Recording
from roadworthy.features.debug.tape.tape import Tape, TapeCall

_GONE = "the exchange was deleted (retention, or by hand)"
_LEFT_OUT = "body left out"
_WHOLE_BYTES = 16 << 20
"""Of a tool's answer; the rest of a longer one is not recorded."""


class TapeHole(Exception):  # noqa: N818 (a condition)
    """The recording of an exchange is not there; the message says why."""


class RecordedRun(Protocol):
    """A `domain.run.Run`, as far as a tape wants it."""

    @property
    def project(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def agent(self) -> str: ...


def load_tape(
    run: RecordedRun,
    exchanges: Sequence[Exchange],
    read: Callable[[Exchange], Recording],
    *,
    listings: Iterable[tuple[str, bytes]] = (),
    ids: Sequence[str] = (),
    input: str = "",  # noqa: A002 (the word for it)
    output: str | None = None,
    end: RecordedEnd | None = None,
) -> Tape:
    """`exchanges` in any order; `read` raises TapeHole. Listings of tools are no steps and are left out.
    `listings` as in `Tape`, of `last_listings`. `ids` are those that there were once, in order: what is not
    among `exchanges` any more stays a step, so that the others keep their numbers; as does what is `gone`."""
    if ids:
        held = {one.id: one for one in exchanges}
        exchanges = [held.get(one) or gone(run, one) for one in ids]
    calls: list[TapeCall] = []
    batches: Counter[tuple[bytes, str]] = Counter()
    ordered = exchanges if ids else sorted(exchanges, key=lambda one: (one.started_ns, one.id))
    for exchange in ordered:
        if is_listing(exchange):
            continue
        if exchange.upstream == _GONE:
            calls.append(TapeCall(step=len(calls) + 1, exchange=exchange, hole=_GONE))
            continue
        call = _call(len(calls) + 1, exchange, read)
        if call.request is not None and call.body[:1] == b"[":
            call = _of_batch(call, batches)
        calls.append(call)
    return Tape(
        project=run.project,
        agent=run.agent or next((one.agent for one in ordered), ""),
        run_id=run.id,
        calls=tuple(calls),
        listings=tuple(listings),
        input=input,
        output=output,
        end=end,
    )


def last_listings(
    listed: Iterable[Exchange], read: Callable[[Exchange], Recording], *, until_ns: int
) -> tuple[tuple[str, bytes], ...]:
    """The last answer to `tools/list` of each kind that was recorded by then; `listed` are exchanges of one
    agent, in any order. Those whose recording is gone are passed over."""
    found: dict[str, bytes] = {}
    for exchange in sorted(listed, key=lambda one: one.started_ns, reverse=True):
        if not is_listing(exchange) or exchange.started_ns > until_ns or exchange.asked in found:
            continue
        try:
            answer = read(exchange).answer
        except TapeHole:
            continue
        if answer is not None and answer.body:
            found[exchange.asked] = answer.body
    return tuple(found.items())


def gone(run: RecordedRun, exchange_id: str, *, started_ns: int = 0) -> Exchange:
    """In place of one of which nothing is left, not even what kind of call it was."""
    return Exchange(
        project=run.project,
        id=exchange_id,
        kind=ExchangeKind.MODEL,
        dialect=Dialect.HTTP,
        agent=run.agent,
        target="",
        upstream=_GONE,
        started_ns=started_ns,
        elapsed_ms=0.0,
        ending=Ending.COMPLETE,
    )


def _call(step: int, exchange: Exchange, read: Callable[[Exchange], Recording]) -> TapeCall:
    try:
        recording = read(exchange)
    except TapeHole as why:
        return TapeCall(step=step, exchange=exchange, hole=str(why) or "its recording is not there")
    return TapeCall(
        step=step,
        exchange=exchange,
        request=recording.request,
        answer=recording.answer,
        hole=_hole(exchange, recording),
    )


def _hole(exchange: Exchange, recording: Recording) -> str:
    """Why it cannot be answered again; "" where it can."""
    for part, message in (("request", recording.request), ("answer", recording.answer)):
        left_out = next((note for note in recording.notes if note.startswith(f"{part}: {_LEFT_OUT}")), "")
        if left_out:
            return f"of the {part} the {left_out.partition(': ')[2]}"
        if message is None and (part == "request" or exchange.failure is None):
            return f"its {part} was not recorded"
    answer = recording.answer
    if answer is not None and not answer.body and exchange.ending is Ending.ABORTED:
        return "the agent went away before any answer came"
    if exchange.kind is ExchangeKind.TOOL and exchange.response_bytes > _WHOLE_BYTES:
        return f"its answer of {exchange.response_bytes} bytes was recorded in part"
    return ""


def _of_batch(call: TapeCall, seen: Counter[tuple[bytes, str]]) -> TapeCall:
    """Of a JSON-RPC batch (2025-03-26) each call is an exchange that holds the whole of it: the one that this
    is, as if it had come alone."""
    try:
        batch: Any = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        return call
    asked = call.exchange.asked
    mine = [one for one in batch if isinstance(one, dict) and _named(one) == asked]
    place = seen[call.body, asked]
    seen[call.body, asked] += 1
    request = call.request
    if request is None or not mine:
        return call
    alone = orjson.dumps(mine[min(place, len(mine) - 1)])
    return replace(
        call, request=RecordedMessage(head=request.head, headers=request.headers, chunks=((0.0, alone),))
    )


def _named(message: dict[str, Any]) -> str:
    params = message.get("params")
    return str(params.get("name")) if isinstance(params, dict) else ""
