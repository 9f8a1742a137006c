"""Drills as doors offer them: started, handed out run by run, told how each ended, reported.

The server starts no processes. Whoever runs a drill takes runs from here (`take`), starts the agent, and says
how it ended (`ended`). All of it is kept before a call returns, so that a drill goes on where it stood,
whichever side was killed: a run whose taker is silent for longer than it may take is handed out again, under
a new trace id.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import Exchange
from roadworthy.features.gateway.drills.book import DrillBook
from roadworthy.features.gateway.drills.checks import check_drill
from roadworthy.features.gateway.drills.design import UNKNOWN, Reached, design
from roadworthy.features.gateway.drills.drill import (
    BadDrill,
    Case,
    Drill,
    DrillRun,
    DrillState,
    RunState,
)
from roadworthy.features.gateway.drills.report import DrillReport, ExchangesOf, report
from roadworthy.features.gateway.drills.token import DrillToken, write_token
from roadworthy.features.gateway.drills.verdict import Opinion
from roadworthy.kit.holders import Holders

_GRACE_S = 60.0
"""How much longer than its time-out a run may be with whoever took it."""
MOST_ATTEMPTS = 3
SETTLE_S = 2.0
"""Calls are recorded behind the call."""
ANSWER_BYTES = 20_000
"""Of an answer, as it is kept."""

FindingsOf = Callable[[str, Sequence[str]], Mapping[str, Sequence[str]]]
"""(project, run ids) → names of the detectors that found something, by run id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What whoever starts the agent has to know."""

    run: DrillRun
    case: Case
    token: str
    traceparent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    done: int
    planned: int
    running: int
    """Taken and not told of yet."""


def _nothing(_project: str, _runs: Sequence[str]) -> dict[str, Sequence[Exchange]]:
    return {}


class DrillService:
    """`sign` makes the key of tokens (it may raise OSError). `exchanges_of` reads what was recorded, which is
    there `settle_s` after a run at the latest. `over` is told of each drill that ends."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        sign: Callable[[], bytes],
        exchanges_of: ExchangesOf = _nothing,
        findings_of: FindingsOf | None = None,
        opinion: Opinion | None = None,
        settle_s: float = SETTLE_S,
        over: Callable[[Drill], None] = lambda _drill: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._book = DrillBook(metadata, now_ns=now_ns)
        self._sign = sign
        self._exchanges_of = exchanges_of
        self._findings_of = findings_of
        self._opinion = opinion
        self._settle_ns = int(settle_s * 1e9)
        self._over_now = over
        self._now_ns = now_ns
        self._holders = Holders(work="the runs of this drill")

    def start(self, draft: Drill) -> Drill:
        """As it was kept, with an id. Raises BadDrill."""
        check_drill(draft)
        drill = replace(draft, id=secrets.token_hex(6), created_ns=self._now_ns())
        numbers = range(1, len(drill.cases) * drill.clean_runs + 1)
        # Round by round, so that a first look at every task comes early.
        clean = [
            DrillRun(number=number, case=drill.cases[(number - 1) % len(drill.cases)].id)
            for number in numbers
        ]
        with self._book.lock:
            self._book.save(drill, clean)
            self._book.forget_old(drill.project)
        return drill

    def all(self, project: str) -> list[Drill]:
        return self._book.all(project)

    def one(self, project: str, drill_id: str) -> Drill | None:
        return self._book.one(project, drill_id)

    def progress(self, project: str, drill_id: str) -> Progress:
        runs = self._book.runs(project, drill_id)
        return Progress(
            done=sum(one.state is RunState.DONE for one in runs),
            planned=len(runs),
            running=sum(one.state is RunState.TAKEN for one in runs),
        )

    def cancel(self, project: str, drill_id: str) -> Drill | None:
        """What was done stays. None: no such drill. One that is over stays as it is."""
        return self._set(project, drill_id, DrillState.RUNNING, to=DrillState.CANCELLED)

    def resume(self, project: str, drill_id: str) -> Drill | None:
        """One that was cancelled goes on."""
        return self._set(project, drill_id, DrillState.CANCELLED, to=DrillState.RUNNING)

    def delete(self, project: str, drill_id: str) -> bool:
        with self._book.lock:
            return self._book.delete(project, drill_id)

    def take(
        self, project: str, drill_id: str, *, most: int, alone: bool = False, holder: str = ""
    ) -> list[Start]:
        """Runs to do now; none where the drill is over, or waits for runs that others took. `holder` says who
        asks, and is there still (`most` 0). `alone`: there are no others, so what was taken and not told of
        is handed out again now; raises Held where another is heard of."""
        with self._book.lock:
            drill = self._book.one(project, drill_id)
            if drill is None or drill.state is not DrillState.RUNNING:
                return []
            self._holders.claim(project, drill_id, holder=holder, alone=alone)
            drill, runs = self._ready(drill)
            open_runs = [one for one in runs if self._open(one, drill, alone=alone)][: max(0, most)]
            now = self._now_ns()
            taken = [
                replace(
                    one,
                    state=RunState.TAKEN,
                    attempt=one.attempt + 1,
                    trace_id=secrets.token_hex(16),
                    taken_ns=now,
                )
                for one in open_runs
            ]
            if taken:
                self._book.save_runs(project, drill_id, taken)
        return [self._started(drill, one) for one in taken]

    def ended(
        self,
        project: str,
        drill_id: str,
        number: int,
        /,
        *,
        attempt: int,
        ending: Ending,
        answer: str,
        exit_code: int | None,
        error: str,
        elapsed_ms: float,
    ) -> DrillRun | None:
        """None: no such run. Told twice, or of an attempt that was given up: what is known stays."""
        with self._book.lock:
            drill, run = self._book.one(project, drill_id), self._book.run(project, drill_id, number)
            if drill is None or run is None:
                return None
            if run.state is not RunState.TAKEN or run.attempt != attempt:
                return run
            run = replace(
                run,
                state=RunState.DONE,
                ending=ending,
                answer=answer[:ANSWER_BYTES],
                exit_code=exit_code,
                error=error[-2_000:],
                elapsed_ms=elapsed_ms,
                ended_ns=self._now_ns(),
            )
            self._book.save_runs(project, drill_id, [run])
            return run

    def report(self, project: str, drill_id: str) -> DrillReport | None:
        """Of what is done so far; None: no such drill."""
        drill = self._book.one(project, drill_id)
        if drill is None:
            return None
        runs = self._book.runs(project, drill_id)
        ids = [one.trace_id for one in runs if one.state is RunState.DONE]
        return report(
            drill,
            runs,
            exchanges=self._exchanges_of(project, ids),
            findings=self._findings_of(project, ids) if self._findings_of else None,
            opinion=self._opinion,
        )

    def _ready(self, drill: Drill) -> tuple[Drill, list[DrillRun]]:
        """Plans the runs with faults once the clean ones are over, and ends the drill once all are."""
        runs = self._book.runs(drill.project, drill.id)
        settled = self._now_ns() - self._settle_ns >= max((one.ended_ns for one in runs), default=0)
        over = settled and all(self._over(one, drill) for one in runs)
        lost = self._lost(drill, runs) if over else []
        if lost:
            again = {one.number: replace(one, state=RunState.WAITING) for one in lost}
            self._book.save_runs(drill.project, drill.id, list(again.values()))
            return drill, [again.get(one.number, one) for one in runs]
        if over and not drill.designed:
            drill, more = self._designed(drill, runs)
            self._book.save(drill, more)
            runs += more
            over = not more
        if over and drill.designed:
            drill = replace(drill, state=DrillState.DONE, ended_ns=self._now_ns())
            self._book.save(drill)
            self._over_now(drill)
        return drill, runs

    def _lost(self, drill: Drill, runs: Sequence[DrillRun]) -> list[DrillRun]:
        """Runs of which no call is known, though others of their task made some: what was recorded last is
        lost where a gateway is killed. They are made again."""
        done = [one for one in runs if one.state is RunState.DONE]
        found = self._exchanges_of(drill.project, [one.trace_id for one in done])
        calling = {one.case for one in done if found.get(one.trace_id)}
        return [
            one
            for one in done
            if one.case in calling and not found.get(one.trace_id) and one.attempt < MOST_ATTEMPTS
        ]

    def _designed(self, drill: Drill, clean: Sequence[DrillRun]) -> tuple[Drill, list[DrillRun]]:
        found = self._exchanges_of(drill.project, [one.trace_id for one in clean if one.trace_id])
        reached = {case.id: _reached(case.id, clean, found) for case in drill.cases}
        made = design(
            reached,
            faults=drill.faults,
            seed=drill.seed,
            pairs=drill.pairs,
            budget=drill.budget - len(clean),
            persistent=drill.persistent,
            settings=dict(drill.settings),
        )
        more = [
            DrillRun(number=len(clean) + place, case=one.case, faults=one.faults)
            for place, one in enumerate(made.runs, 1)
        ]
        unreachable = tuple(made.unreachable.items())
        return replace(drill, designed=True, unreachable=unreachable, left_out=made.left_out), more

    def _open(self, run: DrillRun, drill: Drill, *, alone: bool) -> bool:
        if run.state is RunState.TAKEN:
            return alone or (self._silent(run, drill) and run.attempt < MOST_ATTEMPTS)
        return run.state is RunState.WAITING

    def _over(self, run: DrillRun, drill: Drill) -> bool:
        given_up = run.state is RunState.TAKEN and run.attempt >= MOST_ATTEMPTS and self._silent(run, drill)
        return run.state is RunState.DONE or given_up

    def _silent(self, run: DrillRun, drill: Drill) -> bool:
        return self._now_ns() - run.taken_ns > (drill.timeout_s + _GRACE_S) * 1e9

    def _set(self, project: str, drill_id: str, state: DrillState, *, to: DrillState) -> Drill | None:
        with self._book.lock:
            drill = self._book.one(project, drill_id)
            if drill is None or drill.state is not state:
                return drill
            ended = self._now_ns() if to is DrillState.CANCELLED else None
            drill = replace(drill, state=to, ended_ns=ended)
            self._book.save(drill)
        if to is DrillState.CANCELLED:
            self._over_now(drill)
        return drill

    def _started(self, drill: Drill, run: DrillRun) -> Start:
        token = DrillToken(
            project=drill.project,
            agent=drill.agent,
            drill=drill.id,
            run_id=run.trace_id,
            number=run.number,
            faults=run.faults,
            expires_ns=run.taken_ns + int((drill.timeout_s + _GRACE_S) * 1e9),
        )
        return Start(
            run=run,
            case=next(case for case in drill.cases if case.id == run.case),
            token=write_token(token, key=self._sign()),
            traceparent=f"00-{run.trace_id}-{run.trace_id[:16]}-01",
        )


def _reached(
    case: str, clean: Sequence[DrillRun], found: Mapping[str, Sequence[Exchange]]
) -> tuple[Reached, ...]:
    """The calls that all clean runs of a task make: a fault planned for any of them is met."""
    lists = [_calls(found.get(one.trace_id, ())) for one in clean if one.case == case and one.trace_id]
    known = [one for one in lists if one]
    if not known:
        return UNKNOWN
    return tuple(one for one in known[0] if all(one in other for other in known))


def _calls(exchanges: Sequence[Exchange]) -> list[Reached]:
    seen: dict[tuple[str, str], int] = {}
    calls: list[Reached] = []
    for one in sorted(exchanges, key=lambda exchange: (exchange.started_ns, exchange.id)):
        key = (one.kind.value, one.target)
        seen[key] = seen.get(key, 0) + 1
        calls.append(Reached(kind=one.kind, dialect=one.dialect, target=one.target, occurrence=seen[key]))
    return calls


__all__ = ["BadDrill", "DrillService", "Progress", "Start"]
