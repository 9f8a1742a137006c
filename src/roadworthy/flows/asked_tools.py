"""When a tool is called and nothing says for which run, then it is of the run whose model asked for it.

Clients of MCP send no trace and no run of their own, but what they call is what a model has asked for just
before, by name and arguments. Each asking answers for one call; where several runs asked for the same, the
newest that no other call has taken.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.contracts.exchange_log import ExchangeQuery, ExchangeReader
from roadworthy.domain.exchange import Exchange, ExchangeKind
from roadworthy.domain.recording import Recording
from roadworthy.features.gateway.contracts.learning import UNKNOWN
from roadworthy.features.gateway.tools.recorded import recorded_call
from roadworthy.features.ingest.messages.parse import parse_messages

_WITHIN_NS = 600 * 1_000_000_000
"""So long an agent may think, or wait for a person, between asking and calling."""
_LOOKED_AT = 200
_KNOWN = 2_000
_WORDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class _Asking:
    """One call that a model asked for."""

    model: Exchange
    place: int
    name: str
    arguments: Any


class AskedTools:
    """From one thread. `recording_of` gives None where nothing is kept."""

    def __init__(self, log: ExchangeReader, *, recording_of: Callable[[Exchange], Recording | None]) -> None:
        self._log = log
        self._recording_of = recording_of
        self._askings: OrderedDict[str, Sequence[_Asking]] = OrderedDict()
        """By id of the model's exchange."""
        self._taken: OrderedDict[tuple[str, int], str] = OrderedDict()
        """Which tool's exchange answers to an asking."""

    def asker(self, exchange: Exchange) -> Exchange | None:
        """The model's exchange that asked for this call; None where none did, or nobody can say which."""
        found = self._asking(exchange)
        if found is None:
            return None
        self._taken[found.model.id, found.place] = exchange.id
        while len(self._taken) > _KNOWN:
            self._taken.popitem(last=False)
        return found.model

    def _asking(self, exchange: Exchange) -> _Asking | None:
        names = {plain(exchange.asked), plain(exchange.target), plain(exchange.target.partition(".")[2])}
        named = [one for one in self._before(exchange) if one.name in names - {""}]
        mine = [one for one in named if self._taken.get((one.model.id, one.place)) == exchange.id]
        if mine:
            return mine[0]
        free = [one for one in named if (one.model.id, one.place) not in self._taken]
        if not free:
            return None
        recording = self._recording_of(exchange)
        if recording is not None:
            said = recorded_call(recording.request, recording.answer, dialect=exchange.dialect).arguments
            same = [one for one in free if said is not UNKNOWN and one.arguments == said]
            if same:
                return same[0]
        # Frameworks add defaults to what the model said: its name has to do, where one run alone asked.
        return free[0] if len({_run_key(one.model) for one in free}) == 1 else None

    def _before(self, exchange: Exchange) -> list[_Asking]:
        """What models asked for, newest first."""
        query = ExchangeQuery(
            agent=exchange.agent,
            kind=ExchangeKind.MODEL.value,
            from_ns=exchange.started_ns - _WITHIN_NS,
            to_ns=exchange.started_ns,
            limit=_LOOKED_AT,
        )
        models = self._log.exchanges(exchange.project, query)
        return [one for model in models for one in self._asked_by(model)]

    def _asked_by(self, model: Exchange) -> Sequence[_Asking]:
        known = self._askings.get(model.id)
        if known is None:
            known = self._askings[model.id] = self._read(model)
            while len(self._askings) > _KNOWN:
                self._askings.popitem(last=False)
        return known

    def _read(self, model: Exchange) -> list[_Asking]:
        recording = self._recording_of(model)
        if recording is None or recording.answer is None:
            return []
        said = parse_messages(recording.answer.body.decode("utf-8", "replace"), default_role="assistant")
        calls = [call for message in said for call in message.tool_calls]
        return [
            _Asking(model=model, place=place, name=plain(call.name), arguments=_json(call.arguments))
            for place, call in enumerate(calls)
        ]


def plain(name: str) -> str:
    """A tool's name without what frameworks write between its words."""
    return _WORDS.sub("", name.lower())


def _run_key(model: Exchange) -> str:
    return model.binding.run_id or model.binding.trace_id or model.id


def _json(text: str) -> Any:
    try:
        return orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        return UNKNOWN
