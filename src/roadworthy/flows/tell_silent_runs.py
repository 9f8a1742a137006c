"""When calls went through the gateway and nobody sent telemetry of them, then they are told as a run of their
own.

A call is silent once no run with its trace or its answer's id has appeared for a while. Its spans speak the
GenAI conventions and go the way of anybody's spans. They carry the answer's id: should the agent's own
spans come after all, both become one run and each call counts once, as wherever two instrumentations report
one call.

What belongs together: calls of one run header; of one trace; of one session, turn by turn; else those whose
messages go on from each other (a call whose messages begin with those of an earlier one, its answer
included). A tool's call belongs to the run whose model asked for that tool last. All ids follow from the
exchanges, so that telling twice changes nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from roadworthy.contracts.exchange_joins import ExchangeJoins, Join, WaitingExchange
from roadworthy.domain.exchange import Ending, Exchange, ExchangeKind
from roadworthy.domain.message import Message
from roadworthy.domain.recording import Recording
from roadworthy.features.ingest.messages.parse import dump_messages
from roadworthy.flows.asked_tools import plain
from roadworthy.flows.silent_run_spans import SilentRun, ToldCall, otlp_body, told_call

_SECOND = 1_000_000_000
SILENT_NS = 30 * _SECOND
TRACED_NS = 600 * _SECOND
"""Where a trace was named, somebody traces: its spans may be on their way for long."""
_RUNS_KNOWN = 2_000


@dataclass(slots=True)
class _Open:
    """A run that may go on. `last` is what its model said last."""

    run: SilentRun
    last: tuple[Message, ...] = ()
    calls: int = 0


@dataclass(frozen=True, slots=True)
class _Talk:
    given: tuple[Message, ...] = ()
    said: tuple[Message, ...] = ()
    turns: tuple[int, ...] = field(default=())
    """Where what the user said ends: lengths of `given`."""

    @property
    def asked(self) -> tuple[Message, ...]:
        """What the user said last."""
        return self.given[self.turns[-1] - 1 : self.turns[-1]] if self.turns else ()

    def upto(self, length: int) -> str:
        plain = [replace(message, finish_reason="") for message in self.given[:length]]
        return hashlib.sha256(dump_messages(plain).encode()).hexdigest()


class TellSilentRuns:
    """`on_unjoined` from one thread. `give` is to have the body on disk when it returns."""

    def __init__(
        self,
        *,
        joins: ExchangeJoins,
        recording_of: Callable[[Exchange], Recording | None],
        give: Callable[[str, bytes], None],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._joins = joins
        self._recording_of = recording_of
        self._give = give
        self._now = now_ns
        self._open: OrderedDict[tuple[str, str, str], list[_Open]] = OrderedDict()
        """By (project, agent, hash of what was said up to the user's last words)."""
        self._runs: OrderedDict[tuple[str, str], _Open] = OrderedDict()
        """By (project, trace id)."""

    def on_unjoined(self, unjoined: Sequence[tuple[WaitingExchange, Exchange]]) -> None:
        ripe = [one for waiting, one in unjoined if self._is_silent(waiting, one)]
        told: dict[tuple[str, str], list[ToldCall]] = {}
        for exchange in sorted(ripe, key=lambda one: (one.started_ns, one.id)):
            call = told_call(exchange, self._recording_of(exchange))
            talk = _talk(call)
            found = self._run_of(exchange, talk)
            self._went_on(found, exchange, talk)
            told.setdefault((exchange.project, found.run.trace_id), []).append(call)
        for (project, trace_id), calls in told.items():
            self._give(project, otlp_body(self._runs[project, trace_id].run, calls))
            self._joins.looked(
                joined=[
                    Join(
                        project=project,
                        exchange_id=call.exchange.id,
                        run_id=trace_id,
                        by="gateway",
                        started_ns=call.exchange.started_ns,
                    )
                    for call in calls
                ]
            )

    def _is_silent(self, waiting: WaitingExchange, exchange: Exchange) -> bool:
        if not exchange.agent or exchange.ending is Ending.REFUSED:
            return False
        waited = self._now() - waiting.since_ns
        return waited >= (TRACED_NS if exchange.binding.trace_id else SILENT_NS)

    def _run_of(self, exchange: Exchange, talk: _Talk) -> _Open:
        bound = exchange.binding
        if bound.run_id and bound.by in ("header", "baggage"):
            return self._named(exchange, talk, key=f"run:{bound.run_id}")
        if bound.trace_id:
            return self._named(exchange, talk, key="", trace_id=bound.trace_id)
        if exchange.kind is ExchangeKind.TOOL:
            asked = self._that_asked_for(exchange)
            return asked or self._named(exchange, talk, key=f"call:{exchange.id}")
        if not talk.turns:
            return self._named(exchange, talk, key=f"call:{exchange.id}")
        return self._that_goes_on(exchange, talk)

    def _that_goes_on(self, exchange: Exchange, talk: _Talk) -> _Open:
        place = (exchange.project, exchange.agent, exchange.binding.session_id + talk.upto(talk.turns[-1]))
        rest = talk.given[talk.turns[-1] :]
        begun = self._open.setdefault(place, [])
        self._open.move_to_end(place)
        found = next((one for one in reversed(begun) if rest and _answers(one, rest)), None)
        if found is None and begun and (rest or not begun[-1].last):
            found = begun[-1]  # asked again after no answer came, or answered in words we did not hear
        if found is None:
            key = f"turn:{place[2]}" if rest else f"call:{exchange.id}"
            found = self._named(exchange, talk, key=key)
            begun.append(found)
        while len(self._open) > _RUNS_KNOWN:
            self._open.popitem(last=False)
        return found

    def _that_asked_for(self, exchange: Exchange) -> _Open | None:
        names = {plain(exchange.asked), plain(exchange.target), plain(exchange.target.partition(".")[2])}
        for (project, _), one in reversed(self._runs.items()):
            if project == exchange.project and one.run.agent == exchange.agent:
                calls = {plain(call.name) for message in one.last for call in message.tool_calls}
                if calls & (names - {""}):
                    return one
        return None

    def _named(self, exchange: Exchange, talk: _Talk, *, key: str, trace_id: str = "") -> _Open:
        """The run of that key, as it is known or anew."""
        trace_id = trace_id or _hash(exchange.project, exchange.agent, key)[:32]
        known = self._runs.get((exchange.project, trace_id))
        if known is None:
            earlier = self._joins.of_runs(exchange.project, [trace_id])
            known = self._runs[exchange.project, trace_id] = _Open(
                run=SilentRun(
                    trace_id=trace_id,
                    agent=exchange.agent,
                    release=exchange.release,
                    session_id=exchange.binding.session_id or self._session_of(exchange, talk, trace_id),
                    started_ns=min([one.started_ns for one in earlier[:1]] + [exchange.started_ns]),
                )
            )
        self._runs.move_to_end((exchange.project, trace_id))
        while len(self._runs) > _RUNS_KNOWN:
            self._runs.popitem(last=False)
        return known

    def _session_of(self, exchange: Exchange, talk: _Talk, trace_id: str) -> str:
        """That of the turn before, where these messages go on from one."""
        for turn in reversed(talk.turns[:-1]):
            before = self._open.get((exchange.project, exchange.agent, talk.upto(turn)))
            if before:
                return before[-1].run.session_id
        return f"gateway-{trace_id[:16]}" if talk.turns else ""

    def _went_on(self, one: _Open, exchange: Exchange, talk: _Talk) -> None:
        ended = exchange.started_ns + int(exchange.elapsed_ms * 1e6)
        one.calls += 1
        one.last = talk.said or one.last
        one.run = replace(
            one.run,
            ended_ns=max(one.run.ended_ns, ended),
            asked=one.run.asked or talk.asked,
            answered=talk.said or one.run.answered,
            failed=exchange.failure is not None or exchange.ending in (Ending.FAILED, Ending.CUT_OFF),
        )


def _talk(call: ToldCall) -> _Talk:
    turns = tuple(at + 1 for at, message in enumerate(call.given) if message.role == "user")
    return _Talk(given=call.given, said=call.said, turns=turns)


def _answers(one: _Open, rest: Sequence[Message]) -> bool:
    """Whether what follows the user's words ends with what this run's model said last, and its results."""
    said = [message for message in rest if message.role == "assistant"]
    if not said or not one.last:
        return False
    mine, theirs = one.last[-1], said[-1]
    ids = {call.id for call in mine.tool_calls if call.id}
    if ids:
        return bool(ids & {call.id for call in theirs.tool_calls})
    return mine.content == theirs.content


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
