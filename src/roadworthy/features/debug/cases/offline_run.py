"""One case run: the agent started on this machine, answered from the file, nothing asked of anybody."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from roadworthy.domain.agent_ended import AgentEnded
from roadworthy.features.debug.cases.case import Case
from roadworthy.features.debug.cases.file import BadCaseFile, decode, holes_of
from roadworthy.features.debug.cases.suite import CaseResult, Timing
from roadworthy.features.debug.cases.verdict import Outcome, Verdict, verdict_of
from roadworthy.features.debug.check import Checked, made_ready
from roadworthy.features.debug.inquiry import EntryPoint, Via
from roadworthy.features.debug.plan import Plan
from roadworthy.features.debug.running.callable import arguments_of_callable
from roadworthy.features.debug.running.check_command import checked_by_command
from roadworthy.features.debug.running.command import arguments_of, run_command
from roadworthy.features.debug.running.entry import check_here
from roadworthy.features.debug.running.environment import Task
from roadworthy.features.debug.running.files import Files
from roadworthy.features.debug.running.isolation import Guard, Isolate
from roadworthy.features.debug.running.kept import make_ready
from roadworthy.features.debug.tape.journal import JournalLine
from roadworthy.features.debug.tape.tape import Tape

_QUIET = {"OTEL_SDK_DISABLED": "true"}
"""There is no server to send telemetry to."""


class Answering(Protocol):
    """A gateway on loopback that answers from one tape, and from nothing else."""

    @property
    def url(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def lines(self) -> Sequence[JournalLine]:
        """The calls so far, in order."""
        ...

    @property
    def answering_ms(self) -> float:
        """In which calls were answered, so far."""
        ...


Offline = Callable[[Tape, Plan, "Tape | None"], AbstractContextManager[Answering]]
"""(tape, plan, good run) → there while the agent runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How the agent is started, where that is another way than the case says."""

    entry: EntryPoint | None = None
    folder: str = ""
    """Working directory; "" is the case's, which is taken from where the command stands."""
    timeout_s: float | None = None
    isolate: Isolate = Isolate.AUTO
    files: Files = Files.THROWAWAY
    own_clock: bool = False
    """Leave the agent the clock of now; else a Python agent's begins when the run was recorded."""


def run_file(path: Path, how: How, *, offline: Offline, stop: threading.Event | None = None) -> CaseResult:
    """Never raises: a file that cannot be read or run is a result that says so."""
    began = time.perf_counter()
    try:
        case = decode(path.read_bytes())
    except (OSError, BadCaseFile) as bad:
        why = f"cannot be read: {bad.strerror}" if isinstance(bad, OSError) else str(bad)
        return CaseResult(file=str(path), verdict=Verdict(outcome=Outcome.ERROR, why=(f"The file: {why}.",)))
    return run_case(case, how, offline=offline, file=str(path), stop=stop, began=began)


def run_case(
    case: Case,
    how: How,
    *,
    offline: Offline,
    file: str,
    stop: threading.Event | None = None,
    began: float | None = None,
) -> CaseResult:
    """`began` is a moment of `time.perf_counter` that the overhead is counted from."""
    start = time.perf_counter() if began is None else began
    made = CaseResult(file=file, name=case.name, agent=case.agent, verdict=Verdict(outcome=Outcome.ERROR))
    holes = [one for tape in (case.tape, case.good) if tape is not None for one in holes_of(tape.calls)]
    if holes:
        return replace(
            made, verdict=Verdict(outcome=Outcome.ERROR, why=(f"It has holes: {'; '.join(holes)}",))
        )
    try:
        entry = _entry(case, how)
        check_here(entry)
        arguments = _arguments(entry)
        guard = _guard(case, how)
        make_ready()
        with offline(case.tape, _plan(case), case.good) as gateway:
            # While the agent starts: it is the other process that works now.
            made_ready(case.check)
            ended = _run(case, entry, arguments, guard=guard, url=gateway.url, key=gateway.key, stop=stop)
            lines, calls_ms = gateway.lines, gateway.answering_ms
        verdict = verdict_of(
            case, ended, lines, run_check=lambda command, text: _check(case, entry, command, text)
        )
    except (ValueError, OSError) as odd:
        return replace(made, verdict=Verdict(outcome=Outcome.ERROR, why=(str(odd),)))
    return replace(
        made,
        verdict=verdict,
        answer=ended.answer,
        calls=len(lines),
        notes=ended.notes,
        timing=Timing(whole=(time.perf_counter() - start) * 1000, agent=ended.elapsed_ms, calls=calls_ms),
    )


def _entry(case: Case, how: How) -> EntryPoint:
    """Raises ValueError."""
    entry = how.entry or case.entry
    if entry is None:
        raise ValueError("The case does not say how its agent is started: give --command or --callable.")
    if entry.via is Via.URL:
        raise ValueError(
            f"The agent is at {entry.url}, which calls whom it is set up to call: give --command or "
            "--callable, so that it is started here with the address of the recording."
        )
    return replace(entry, folder=how.folder or entry.folder, timeout_s=how.timeout_s or entry.timeout_s)


def _arguments(entry: EntryPoint) -> list[str]:
    """Raises ValueError."""
    if entry.via is Via.CALLABLE:
        return arguments_of_callable(entry.callable, python=entry.python)
    return arguments_of(entry.command)


def _guard(case: Case, how: How) -> Guard:
    return Guard(
        isolate=how.isolate,
        files=how.files,
        clock_ns=None if how.own_clock or not case.recorded_ns else case.recorded_ns,
        seed="" if how.own_clock else case.run_id,
    )


def _plan(case: Case) -> Plan:
    """Of one rerun whose id is always the same: nothing of it is kept beside others."""
    return Plan(
        project="",
        agent=case.agent,
        inquiry="case",
        number=1,
        attempt=1,
        run_id=case.run_id,
        tape_run=case.run_id,
        good_run=case.good.run_id if case.good is not None else "",
        # With a good run its answers come first, from the first call on.
        keep=None if case.good is None else 0,
        changes=case.changes,
    )


def _run(
    case: Case,
    entry: EntryPoint,
    arguments: list[str],
    *,
    guard: Guard,
    url: str,
    key: str,
    stop: threading.Event | None,
) -> AgentEnded:
    trace = case.run_id if len(case.run_id) == 32 else "0" * 31 + "1"
    task = Task(
        number=1,
        attempt=1,
        case=case.name,
        input=case.input,
        timeout_s=entry.timeout_s,
        token="",
        trace_id=trace,
        traceparent=f"00-{trace}-{trace[:16]}-01",
        gateway_url=url,
        otlp_url="",
        gateway_key=key,
        kind="replay",
    )
    return run_command(
        arguments,
        task,
        field=entry.answer_field,
        base=_base(os.environ),
        folder=entry.folder,
        guard=guard,
        stop=stop,
    )


def _base(environment: Mapping[str, str]) -> dict[str, str]:
    """Without where telemetry would go."""
    kept = {name: value for name, value in environment.items() if not name.startswith("OTEL_EXPORTER_")}
    return {**kept, **_QUIET}


def _check(case: Case, entry: EntryPoint, command: str, answer: str) -> Checked:
    return checked_by_command(command, answer, task=case.input, folder=entry.folder)
