"""Which call gets which fault: what the gateway's doors ask, for each call.

    key, token = split_presented(presented)
    seat = faults.seat(token or header, baggage=..., project=..., agent=...)     # raises BadToken: 403
    injection = faults.next(seat, project=..., agent=..., run_key=..., kind=..., target=...)
    if injection:
        transport = injection.transport(transport, dialect=dialect)              # or .tools(system)
    ...
    Exchange(..., drill=drill_of(seat, injection), fault=injection.noted, binding=... run_id=seat.run_id)

Without a token and without live drills both are done in less than a microsecond. One event loop uses it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from roadworthy.contracts.tool_system import ToolSystem
from roadworthy.contracts.upstream import Transport
from roadworthy.domain.exchange import Dialect, ExchangeKind
from roadworthy.features.gateway.drills.fault import PlannedFault, applies
from roadworthy.features.gateway.drills.fault_tool_system import FaultToolSystem
from roadworthy.features.gateway.drills.fault_transport import FaultTransport
from roadworthy.features.gateway.drills.faults.table import Units
from roadworthy.features.gateway.drills.live import LiveDrill
from roadworthy.features.gateway.drills.token import (
    BAGGAGE,
    BadToken,
    DrillToken,
    read_token,
    token_of_baggage,
)

_RUNS_HELD = 10_000
LiveOf = Callable[[str, str], Sequence[LiveDrill]]
"""(project, agent) → what is switched on, of the snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A run's place in a drill."""

    drill: str
    run_id: str
    """The trace id that the run has: its exchanges are bound to it."""
    faults: tuple[PlannedFault, ...]


@dataclass(slots=True, kw_only=True)
class Injection:
    """One call's fault. `applied` once the agent is bound to meet it: before that nothing has changed."""

    fault: PlannedFault
    drill: str
    applied: bool = False
    units: Units = field(default_factory=dict)
    """Of the fields of a tool's results, as far as they are known."""

    @property
    def noted(self) -> str:
        """For the exchange: the fault's name, "" where it was not applied."""
        return self.fault.fault if self.applied else ""

    def transport(self, inner: Transport, *, dialect: Dialect) -> FaultTransport:
        return FaultTransport(inner, fault=self.fault, dialect=dialect, applied=self._mark)

    def tools(self, inner: ToolSystem) -> FaultToolSystem:
        return FaultToolSystem(inner, fault=self.fault, units=self.units, applied=self._mark)

    def _mark(self) -> None:
        self.applied = True


def drill_of(seat: Seat | None, injection: Injection | None) -> str:
    return injection.drill if injection is not None else seat.drill if seat is not None else ""


class Faults:
    """`key` verifies tokens; None refuses every one. `applied_before` says how many faults a live drill had
    put into calls before this process began."""

    def __init__(
        self,
        *,
        key: bytes | None,
        live: LiveOf = lambda _project, _agent: (),
        applied_before: Callable[[str, str], int] = lambda _project, _live: 0,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._key = key
        self._live = live
        self._applied_before = applied_before
        self._now_ns = now_ns
        self._seen: OrderedDict[str, dict[int, int]] = OrderedDict()
        self._spent: dict[str, int] = {}

    def seat(self, token: str, *, baggage: str = "", project: str, agent: str) -> Seat | None:
        """None for a call outside of drills. Raises BadToken for a token that is forged, over, or another
        agent's: such a call is refused, not let through as a usual one."""
        token = token or (token_of_baggage(baggage) if baggage and BAGGAGE in baggage else "")
        if not token:
            return None
        if self._key is None:
            raise BadToken("this gateway cannot read drill tokens: its key file is missing")
        said: DrillToken = read_token(token, key=self._key, now_ns=self._now_ns())
        if (said.project, said.agent) != (project, agent):
            raise BadToken("the drill token belongs to another agent")
        return Seat(drill=said.drill, run_id=said.run_id, faults=said.faults)

    def next(
        self,
        seat: Seat | None,
        *,
        project: str,
        agent: str,
        run_key: str,
        kind: ExchangeKind,
        target: str,
        dialect: Dialect | None = None,
    ) -> Injection | None:
        """The fault of this call, which is counted. `run_key` tells the runs of live traffic apart: id of the
        run, trace or exchange."""
        if seat is not None:
            fault = self._due(seat.run_id, seat.faults, kind=kind, target=target)
            fits = fault is not None and applies(fault.fault, kind=kind, dialect=dialect)
            return Injection(fault=fault, drill=seat.drill) if fault is not None and fits else None
        for live in self._live(project, agent):
            if live.kind is not kind or live.target not in ("", target) or not live.on(self._now_ns()):
                continue
            fault = live.fault_for(run_key)
            if fault is None or not applies(fault.fault, kind=kind, dialect=dialect):
                continue
            due = self._due(f"{live.id}/{run_key}", (fault,), kind=kind, target=target)
            if due is not None and self._affordable(live):
                return Injection(fault=due, drill=live.id)
        return None

    def _due(
        self, run: str, faults: Sequence[PlannedFault], *, kind: ExchangeKind, target: str
    ) -> PlannedFault | None:
        """Counts the call for each fault that it fits; the first that is due."""
        counts = self._seen.setdefault(run, {})
        self._seen.move_to_end(run)
        if len(self._seen) > _RUNS_HELD:
            self._seen.popitem(last=False)
        due: PlannedFault | None = None
        for place, fault in enumerate(faults):
            if not fault.fits(kind=kind, target=target):
                continue
            counts[place] = counts.get(place, 0) + 1
            if due is None and fault.covers(counts[place]):
                due = fault
        return due

    def _affordable(self, live: LiveDrill) -> bool:
        if live.id not in self._spent:
            self._spent[live.id] = self._applied_before(live.project, live.id)
        if self._spent[live.id] >= live.most:
            return False
        self._spent[live.id] += 1
        return True
