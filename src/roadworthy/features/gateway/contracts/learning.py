"""What traffic teaches about tools: shapes widen; what breaks a pinned contract is a drift, and an alarm.

Runs in the core, behind the calls. Everything may be told twice: an exchange that was counted twice widens
nothing, and an alarm has the id of its cause.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.domain.tool_contract import (
    ContractChange,
    Drift,
    DriftKind,
    ToolContract,
    ToolDeclaration,
)
from roadworthy.features.gateway.contracts.book import ContractBook, Learned
from roadworthy.features.gateway.contracts.check import Broken
from roadworthy.features.gateway.contracts.differences import declaration_changes
from roadworthy.features.gateway.contracts.empties import Empties
from roadworthy.features.gateway.contracts.schema import schema_of
from roadworthy.features.gateway.contracts.shape import Shape
from roadworthy.features.gateway.contracts.shape_json import bounded, shape_as_json, shape_of_json

MOST_TOOLS = 2000
"""Of a project that are learned."""
MOST_SHOWN = 20
SLOW_SHARE = 0.05
"""A latency budget is a budget, not a bound: so many calls may be over it before somebody is told."""
UNKNOWN = object()
"""In place of a value that was not recorded."""
_KINDS: dict[str, DriftKind] = {
    Broken.ARGUMENTS: DriftKind.ARGUMENTS,
    Broken.RESULT: DriftKind.RESULT,
    Broken.STALE: DriftKind.TERMS,
    Broken.SIZE: DriftKind.TERMS,
    Broken.EMPTY: DriftKind.TERMS,
    Broken.CHANGED: DriftKind.DESCRIPTION,
}
_TITLES = {
    DriftKind.DESCRIPTION: "describes itself otherwise than was pinned",
    DriftKind.DECLARED_SHAPE: "declares another schema than was pinned",
    DriftKind.GONE: "is no longer offered by its system",
    DriftKind.RESULT: "answers in another shape than was pinned",
    DriftKind.ARGUMENTS: "is called with other arguments than were pinned",
    DriftKind.TERMS: "no longer keeps what was promised",
}
_SEVERITIES = {DriftKind.ARGUMENTS: Severity.WARNING, DriftKind.TERMS: Severity.WARNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolExchange:
    """One call, as the log and its recording tell it. `findings` are the lines of `ContractFinding`."""

    id: str
    connector: str
    tool: str
    at_ns: int
    agent: str = ""
    release: str = ""
    run_id: str = ""
    findings: tuple[str, ...] = ()
    elapsed_ms: float = 0.0
    gave_data: bool = False
    arguments: Any = UNKNOWN
    result: Any = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDeclaration:
    """What a system said of a tool from `at_ns` on."""

    declaration: ToolDeclaration
    at_ns: int


@dataclass(slots=True, kw_only=True)
class _Tool:
    """What is held of one tool while exchanges are read."""

    learned: Learned
    contract: ToolContract | None
    arguments: Shape = field(default_factory=Shape)
    result: Shape = field(default_factory=Shape)
    recent: Shape = field(default_factory=Shape)
    slow: Empties | None = None
    drifts: dict[DriftKind, Drift] = field(default_factory=dict)
    changed: set[DriftKind] = field(default_factory=set)
    last: dict[DriftKind, ToolExchange] = field(default_factory=dict)


class ContractLearner:
    """One thread at a time."""

    def __init__(self, book: ContractBook, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._book = book
        self._now_ns = now_ns
        self._slow: dict[tuple[str, str, int], Empties] = {}

    def take(self, project: str, exchanges: Sequence[ToolExchange]) -> list[Alarm]:
        """Alarms of drifts that began. What was learned is kept on return."""
        tools: dict[tuple[str, str], _Tool | None] = {}
        for one in exchanges:
            key = (one.connector, one.tool)
            if key not in tools:
                tools[key] = self._open(project, connector=one.connector, tool=one.tool)
            held = tools[key]
            if held is not None:
                self._learn(held, one)
        return [alarm for held in tools.values() if held for alarm in self._keep(project, held)]

    def declared(
        self, project: str, *, connector: str, tools: Mapping[str, Sequence[SeenDeclaration]]
    ) -> list[Alarm]:
        """What a system lists, by tool: every declaration it made since it was last looked at, the newest
        last. Tools it listed before and does not list now are gone."""
        alarms: list[Alarm] = []
        known = {one.tool: one for one in self._book.learned(project) if one.connector == connector}
        for name in sorted(known.keys() | tools.keys()):
            seen = tools.get(name, ())
            before = known.get(name)
            if before is None and len(known) >= MOST_TOOLS:
                continue
            newest = seen[-1].declaration if seen else None
            learned = before or Learned(project=project, connector=connector, tool=name)
            after = replace(learned, declaration=newest or learned.declaration, gone=newest is None)
            contract = self._book.contract(project, connector=connector, tool=name)
            if contract is not None and contract.pinned is not None and (seen or not learned.gone):
                alarms += self._held_against(contract, seen)
            if after != before:
                self._book.save_learned(after)
        return alarms

    # --- exchanges ---------------------------------------------------------------------------------------

    def _open(self, project: str, *, connector: str, tool: str) -> _Tool | None:
        learned = self._book.learned_of(project, connector=connector, tool=tool)
        contract = self._book.contract(project, connector=connector, tool=tool)
        if learned is None:
            if len(self._book.learned(project)) >= MOST_TOOLS:
                return None
            learned = Learned(project=project, connector=connector, tool=tool)
        drifts = self._book.drifts(project, connector=connector, tool=tool)
        return _Tool(
            learned=learned,
            contract=contract,
            arguments=shape_of_json(learned.arguments),
            result=shape_of_json(learned.result),
            recent=shape_of_json(learned.recent),
            slow=self._slow_of(contract),
            drifts={one.kind: one for one in drifts},
        )

    def _slow_of(self, contract: ToolContract | None) -> Empties | None:
        if contract is None or contract.terms.latency_ms is None:
            return None
        key = (contract.project, contract.name, int(contract.terms.latency_ms))
        return self._slow.setdefault(key, Empties(SLOW_SHARE))

    def _learn(self, held: _Tool, one: ToolExchange) -> None:
        pinned = held.contract.pinned if held.contract is not None else None
        before_the_pin = pinned is not None and one.at_ns < pinned.pinned_ns
        if one.gave_data:
            refused = any(line.startswith(Broken.ARGUMENTS.value) for line in one.findings)
            if one.arguments is not UNKNOWN and not refused:
                held.arguments.learn(one.arguments)
            if one.result is not UNKNOWN:
                held.result.learn(one.result)
                if not before_the_pin:
                    held.recent.learn(one.result)
                held.learned = replace(
                    held.learned,
                    exchanges=held.learned.exchanges + 1,
                    recent_exchanges=held.learned.recent_exchanges + (not before_the_pin),
                    first_ns=held.learned.first_ns or one.at_ns,
                    last_ns=max(held.learned.last_ns, one.at_ns),
                )
        if held.contract is None or before_the_pin:
            return
        budget = held.contract.terms.latency_ms
        if held.slow is not None and budget is not None and held.slow.observe(empty=one.elapsed_ms > budget):
            share = held.slow.standing
            said = f"{share.empty} of {share.seen} calls took longer than {budget:.0f} ms"
            self._note(held, DriftKind.TERMS, one, path="latency", what=said)
        for line in one.findings:
            kind, _, rest = line.partition(": ")
            drift = _KINDS.get(kind)
            if drift is not None:
                path, _, what = rest.rpartition(": ")
                place = f"{kind}.{path}" if path else kind
                self._note(held, drift, one, path=place, what=what or rest)

    def _note(self, held: _Tool, kind: DriftKind, one: ToolExchange, *, path: str, what: str) -> None:
        change = ContractChange(path=path, what=what, breaking=True)
        before = held.drifts.get(kind)
        if before is None:
            before = Drift(id=_id(held, kind, one.at_ns), kind=kind, first_ns=one.at_ns, last_ns=0, count=0)
            held.changed.add(kind)
        if one.id in before.exchange_ids:
            return
        held.last[kind] = one
        known = {(there.path, there.what) for there in before.changes}
        changes = before.changes if (path, what) in known else (*before.changes, change)[:MOST_SHOWN]
        runs = before.run_ids
        if one.run_id and one.run_id not in runs:
            runs = (*runs, one.run_id)[-MOST_SHOWN:]
        held.drifts[kind] = replace(
            before,
            last_ns=max(before.last_ns, one.at_ns),
            count=before.count + 1,
            changes=changes,
            run_ids=runs,
            exchange_ids=(*before.exchange_ids, one.id)[-MOST_SHOWN:],
        )

    def _keep(self, project: str, held: _Tool) -> list[Alarm]:
        learned = replace(
            held.learned,
            arguments=shape_as_json(bounded(held.arguments)),
            result=shape_as_json(bounded(held.result)),
            recent=shape_as_json(bounded(held.recent)),
        )
        self._book.save_learned(learned)
        alarms = []
        for kind in held.last:
            drift = held.drifts[kind]
            self._book.save_drift(project, connector=learned.connector, tool=learned.tool, drift=drift)
            if held.contract is not None and kind in held.changed:
                alarms.append(drift_alarm(held.contract, drift, cause=held.last[kind]))
        return alarms

    # --- declarations ------------------------------------------------------------------------------------

    def _held_against(self, contract: ToolContract, seen: Sequence[SeenDeclaration]) -> list[Alarm]:
        """Also a declaration that was there for a moment only, and changed back, is a drift; what was said
        before the pin is none."""
        version = contract.pinned
        if version is None or not version.declaration.digest:
            return []
        pinned = version.declaration
        standing = {
            one.kind: one
            for one in self._book.drifts(contract.project, connector=contract.connector, tool=contract.tool)
        }
        found: dict[DriftKind, tuple[str, list[ContractChange]]] = {}
        if not seen:
            gone = ContractChange(path="tool", what="is no longer listed", breaking=True)
            found[DriftKind.GONE] = ("", [gone])
        for one in seen:
            declaration = one.declaration
            if declaration.digest == pinned.digest or (one.at_ns < version.pinned_ns and one is not seen[-1]):
                continue
            changes = declaration_changes(pinned, declaration)
            told = [
                one for one in changes if not one.path.startswith(("arguments", "result")) or "(" in one.path
            ]
            shapes = [one for one in changes if one not in told]
            if told:
                found[DriftKind.DESCRIPTION] = (declaration.digest, told)
            if shapes:
                found[DriftKind.DECLARED_SHAPE] = (declaration.digest, shapes)
        now_ns = self._now_ns()
        alarms = []
        for kind, (digest, changes) in found.items():
            before = standing.get(kind)
            if before is not None and before.digest == digest:
                continue
            drift = Drift(
                id=_drift_id(contract, kind, f"{contract.versions[-1].number}:{digest}"),
                kind=kind,
                first_ns=before.first_ns if before else now_ns,
                last_ns=now_ns,
                count=before.count + 1 if before else 1,
                changes=tuple(changes[:MOST_SHOWN]),
                digest=digest,
            )
            self._book.save_drift(
                contract.project, connector=contract.connector, tool=contract.tool, drift=drift
            )
            alarms.append(drift_alarm(contract, drift))
        if seen and DriftKind.GONE in standing:
            back = self._book.settle(
                contract.project, connector=contract.connector, tool=contract.tool, kind=DriftKind.GONE
            )
            alarms += [drift_alarm(contract, drift, cleared_ns=now_ns) for drift in back]
        return alarms


def drift_alarm(
    contract: ToolContract, drift: Drift, *, cause: ToolExchange | None = None, cleared_ns: int = 0
) -> Alarm:
    """Its id is the drift's: raised again it is the same alarm."""
    lines = [f"{one.path}: {one.what}" for one in drift.changes[:8]]
    more = len(drift.changes) - len(lines)
    severity = _SEVERITIES.get(drift.kind, Severity.ERROR)
    if drift.kind is DriftKind.DECLARED_SHAPE and not any(one.breaking for one in drift.changes):
        severity = Severity.WARNING
    version = contract.pinned.number if contract.pinned else 0
    return Alarm(
        project=contract.project,
        id=drift.id,
        kind=AlarmKind.CONTRACT_DRIFT,
        source=contract.name,
        source_name=contract.name,
        agent=cause.agent if cause else "",
        release=cause.release if cause else "",
        severity=severity,
        title=f"{contract.name} {_TITLES[drift.kind]}",
        reason="\n".join([*lines, *([f"… and {more} more"] if more > 0 else [])]),
        at_ns=drift.first_ns,
        since_ns=drift.first_ns,
        cleared_ns=cleared_ns,
        run_ids=drift.run_ids,
        facts={
            "connector": contract.connector,
            "tool": contract.tool,
            "drift": drift.kind.value,
            "mode": contract.mode.value,
            "pinned_version": str(version),
            "seen": str(drift.count),
            "first_change": lines[0] if lines else "",
        },
    )


def proposed(learned: Learned) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """(arguments, result) as traffic suggests them; None where nothing was seen."""
    arguments = schema_of(shape_of_json(learned.arguments)) or None
    result = schema_of(shape_of_json(learned.result)) or None
    return arguments, result


def _is_told(change: ContractChange) -> bool:
    """A text that models read, and no shape."""
    return not change.path.startswith(("arguments", "result")) or "(" in change.path


def _id(held: _Tool, kind: DriftKind, at_ns: int) -> str:
    assert held.contract is not None  # noqa: S101 - findings are of contracts
    return _drift_id(held.contract, kind, f"{held.contract.updated_ns}:{at_ns}")


def _drift_id(contract: ToolContract, kind: DriftKind, cause: str) -> str:
    made = f"{contract.project}\0{contract.name}\0{kind.value}\0{cause}"
    return hashlib.sha256(made.encode()).hexdigest()[:32]
