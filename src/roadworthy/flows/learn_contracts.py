"""When tools were called or listed, then what they promise is learned, and what is no longer so is an alarm.

Behind the calls, from the exchange log and the recordings; what systems say of their tools comes from a file
that the gateway writes. Calls that a drill tampered with teach nothing.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from roadworthy.contracts.alarm_journal import AlarmJournal
from roadworthy.contracts.exchange_log import ExchangeReader
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.exchange import Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import Recording
from roadworthy.domain.tool_contract import ToolDeclaration
from roadworthy.features.gateway.contracts.learning import ContractLearner, SeenDeclaration, ToolExchange
from roadworthy.features.gateway.tools.facts import read_facts
from roadworthy.features.gateway.tools.recorded import RecordedCall, recorded_call

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
SETTLED_NS = 4_000_000_000
"""So long after a call its run is known, where it has one."""
READ_OF_A_TOOL = 50
"""Recordings of one tool that are read of each batch of rows: a shape is known after fewer."""
_AT_ONCE = 1_000
_POSITION = "contracts.position"
_ALL = ""

RunsOf = Callable[[str, Sequence[str]], Mapping[str, str]]
RecordingOf = Callable[[Exchange], Recording | None]
"""None where it was not kept, or cannot be read."""


class LearnContracts:
    """`refresh` from one thread. Raises StoreUnavailable, StoreFull and MetadataUnavailable: nothing is lost
    then, and what was learned twice widens nothing."""

    def __init__(
        self,
        exchanges: ExchangeReader,
        learner: ContractLearner,
        journal: AlarmJournal,
        *,
        facts: Path,
        recording_of: RecordingOf,
        runs_of: RunsOf = lambda _project, _ids: {},
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._exchanges = exchanges
        self._learner = learner
        self._journal = journal
        self._facts = facts
        self._recording_of = recording_of
        self._runs_of = runs_of
        self._now_ns = now_ns
        self._position: int | None = None
        self._facts_seen = (0, 0)

    def refresh(self) -> int:
        """How many alarms were raised or cleared."""
        return self._declarations() + self._calls()

    def _calls(self) -> int:
        if self._position is None:
            held = self._journal.parts(_ALL).get(_POSITION)
            self._position = int(held) if held else 0
        raised = 0
        while True:
            rows = self._exchanges.since(self._position, limit=_AT_ONCE)
            now_ns = self._now_ns()
            # In order: what is too new holds up what came after it, for some seconds.
            fresh = (at for at, row in enumerate(rows) if 0 <= now_ns - row.exchange.started_ns < SETTLED_NS)
            ready = rows[: next(fresh, len(rows))]
            if not ready:
                return raised
            raised += self._take([row.exchange for row in ready])
            self._position = ready[-1].number
            self._journal.commit(_ALL, parts={_POSITION: str(self._position).encode()})
            if len(ready) < _AT_ONCE:
                return raised

    def _take(self, exchanges: Sequence[Exchange]) -> int:
        by_project: dict[str, list[Exchange]] = {}
        for one in exchanges:
            if _teaches(one):
                by_project.setdefault(one.project, []).append(one)
        raised = 0
        for project, calls in by_project.items():
            runs = self._runs_of(project, [one.id for one in calls])
            read: Counter[str] = Counter()
            told = []
            for one in calls:
                seen = RecordedCall()
                if one.recording and one.ending is Ending.COMPLETE and read[one.target] < READ_OF_A_TOOL:
                    read[one.target] += 1
                    recording = self._recording_of(one)
                    if recording is not None:
                        seen = recorded_call(recording.request, recording.answer, dialect=one.dialect)
                told.append(_told(one, seen, run_id=runs.get(one.id) or one.binding.run_id))
            raised += self._raise(project, self._learner.take(project, told))
        return raised

    def _declarations(self) -> int:
        try:
            stat = self._facts.stat()
        except OSError:
            return 0
        mark = (stat.st_mtime_ns, stat.st_ino)
        if mark == self._facts_seen:
            return 0
        raised = 0
        for system in read_facts(self._facts):
            try:
                project, connector = str(system["project"]), str(system["connector"])
                tools = {name: [_seen(one) for one in said] for name, said in system["tools"].items()}
            except (KeyError, TypeError, AttributeError, ValueError) as odd:
                log.warning("what the gateway says of a system's tools cannot be read: %r", odd)
                continue
            alarms = self._learner.declared(project, connector=connector, tools=tools)
            raised += self._raise(project, alarms)
        self._facts_seen = mark
        return raised

    def _raise(self, project: str, alarms: Sequence[Alarm]) -> int:
        if alarms:
            self._journal.commit(project, parts={}, alarms=alarms)
        return len(alarms)


def _teaches(one: Exchange) -> bool:
    return (
        one.kind is ExchangeKind.TOOL
        and not one.fault
        and not one.drill
        and not one.cached
        and all(one.target.partition("."))
    )


def _told(one: Exchange, seen: RecordedCall, *, run_id: str) -> ToolExchange:
    connector, _, tool = one.target.partition(".")
    return ToolExchange(
        id=one.id,
        connector=connector,
        tool=tool,
        at_ns=one.started_ns,
        agent=one.agent,
        release=one.release,
        run_id=run_id,
        findings=one.contract_findings,
        elapsed_ms=one.elapsed_ms,
        gave_data=one.ending is Ending.COMPLETE and one.failure is None,
        arguments=seen.arguments,
        result=seen.result,
    )


def _seen(said: dict[str, Any]) -> SeenDeclaration:
    return SeenDeclaration(
        at_ns=int(said["at_ns"]),
        declaration=ToolDeclaration(
            description=str(said["description"]),
            arguments=dict(said["arguments"]),
            result=dict(said["result"]) if said["result"] is not None else None,
            annotations=dict(said["annotations"]),
            digest=str(said["digest"]),
        ),
    )
