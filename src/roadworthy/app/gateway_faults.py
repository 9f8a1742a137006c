"""Drills at the gateway's doors: which call meets a fault, from its token or from what is switched on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from roadworthy.app.gateway_replays import GatewayReplays
from roadworthy.contracts.exchange_log import ExchangeQuery, ExchangeReader
from roadworthy.contracts.metadata import Record
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.contracts.upstream import Transport
from roadworthy.domain.data_dictionary import DataDictionary
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.doors.gateway.call_story import CallStory
from roadworthy.doors.gateway.presented import drill_token_of
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.gateway.drills.injection import Faults, Injection, Seat
from roadworthy.features.gateway.drills.live import KIND, LiveDrill, read_live
from roadworthy.features.gateway.drills.token import signing_key
from roadworthy.features.gateway.drills.units import units_in
from roadworthy.features.gateway.routes.call import Admitted
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot, RecordsByKind

log = logging.getLogger(__name__)

LIVE = KIND
"""Kind of the records that the snapshot has to read, and the name of the part made of them."""
LiveByAgent = dict[tuple[str, str], tuple[LiveDrill, ...]]


def read_live_drills(found: RecordsByKind, _open: Callable[[str], str]) -> LiveByAgent:
    """By project and agent; what cannot be read is off."""
    by_agent: LiveByAgent = {}
    for (_, kind), records in found.items():
        for record in records if kind == KIND else ():
            live = _readable(record)
            if live is not None and live.stopped_ns is None:
                key = (live.project, live.agent)
                by_agent[key] = (*by_agent.get(key, ()), live)
    return by_agent


class GatewayFaults:
    """`transport_for` is what the door of models asks; `seat` and `next` are for the door of tools."""

    def __init__(
        self,
        current: Callable[[], GatewaySnapshot],
        *,
        key_file: Path,
        written: ExchangeReader | None,
        dictionary_of: Callable[[str, str], DataDictionary | None] = lambda _project, _connector: None,
        replays: GatewayReplays | None = None,
    ) -> None:
        self._current = current
        self._key_file = key_file
        self._written = written
        self._dictionary_of = dictionary_of
        self._replays = replays
        self._faults: Faults | None = None

    def seat(self, request: GatewayRequest, *, project: str, agent: str) -> Seat | None:
        """Raises BadToken."""
        rerun = self._rerun(request, project=project, agent=agent)
        if rerun is not None:
            return rerun
        token, baggage = drill_token_of(request)
        if not token and not baggage:
            return None
        return self._made().seat(token, baggage=baggage, project=project, agent=agent)

    def next(
        self, seat: Seat | None, *, project: str, agent: str, run_key: str, kind: ExchangeKind, target: str
    ) -> Injection | None:
        if seat is None and not self._live(project, agent):
            return None
        found = self._made().next(
            seat, project=project, agent=agent, run_key=run_key, kind=kind, target=target
        )
        if found is not None and found.fault.fault == "wrong_units":
            found.units = units_in(self._dictionary_of(project, target.partition(".")[0]))
        return found

    def transport_for(
        self, request: GatewayRequest, admitted: Admitted, story: CallStory, *, inner: Transport
    ) -> Transport | None:
        """None where this call is as any other. Raises BadToken."""
        caller = admitted.caller
        rerun = self._rerun(request, project=caller.project, agent=caller.agent)
        if rerun is not None:
            story.in_drill(rerun.drill, run_id=rerun.run_id)
            return None
        token, baggage = drill_token_of(request)
        live = self._live(caller.project, caller.agent)
        if not token and not baggage and not live:
            return None
        faults = self._made()
        seat = faults.seat(token, baggage=baggage, project=caller.project, agent=caller.agent)
        if seat is not None:
            story.in_drill(seat.drill, run_id=seat.run_id)
        injection = faults.next(
            seat,
            project=caller.project,
            agent=caller.agent,
            run_key=story.run_key,
            kind=ExchangeKind.MODEL,
            target=admitted.route.name,
            dialect=story.dialect,
        )
        if injection is None:
            return None
        if seat is None:
            story.in_drill(injection.drill)
        story.injection = injection
        return injection.transport(inner, dialect=story.dialect)

    def _rerun(self, request: GatewayRequest, *, project: str, agent: str) -> Seat | None:
        if self._replays is None or not self._replays.any:
            return None
        return self._replays.drill_seat(request, project=project, agent=agent)

    def _live(self, project: str, agent: str) -> Sequence[LiveDrill]:
        part: LiveByAgent | None = self._current().parts.get(LIVE)
        return part.get((project, agent), ()) if part else ()

    def _made(self) -> Faults:
        """At the first call that needs it: the key file is made by whoever first seals something."""
        if self._faults is None:
            try:
                key = signing_key(self._key_file)
            except OSError as fault:
                log.warning("drill tokens cannot be read: %s", fault)
                return Faults(key=None, live=self._live, applied_before=self._applied)
            self._faults = Faults(key=key, live=self._live, applied_before=self._applied)
        return self._faults

    def _applied(self, project: str, live_id: str) -> int:
        """As far as it was written before this process began."""
        if self._written is None:
            return 0
        try:
            rows = self._written.exchanges(project, ExchangeQuery(drill=live_id, limit=10_000))
        except StoreUnavailable as fault:
            log.warning("how often live drill %s was applied cannot be read: %s", live_id, fault)
            return 0
        return sum(bool(one.fault) for one in rows)


def _readable(record: Record) -> LiveDrill | None:
    try:
        return read_live(record)
    except (ValueError, TypeError, KeyError) as odd:
        log.warning("live drill %s cannot be read and is off: %s", record.id, odd)
        return None
