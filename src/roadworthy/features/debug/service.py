"""Inquiries as doors offer them: started, handed out rerun by rerun, told how each ended.

The server starts no processes. Whoever makes the reruns takes them from here (`take`), starts the agent, and
says how it ended (`ended`). All of it is kept before a call returns, so that an inquiry goes on where it
stood, whichever side was killed: a rerun whose taker is silent for longer than it may take is handed out
again, and one whose gateway died in the middle is made again, each under a new trace id.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.agent_ended import Ending
from roadworthy.features.debug.book import InquiryBook
from roadworthy.features.debug.check import Checked, check_answer
from roadworthy.features.debug.course import (
    GRACE_S,
    Course,
    ExchangesOf,
    GatewaySaid,
    Search,
    made_again,
    traces_of,
)
from roadworthy.features.debug.inquiry import (
    Budget,
    EntryPoint,
    Inquiry,
    InquiryKind,
    InquiryState,
    Rerun,
    RerunState,
)
from roadworthy.features.debug.outcome import counted, is_lost, same_as_recorded
from roadworthy.features.debug.planning import is_closed, plan_of
from roadworthy.features.debug.spending import Spent, spent
from roadworthy.features.debug.starting import AnswerEvaluators, Tapes, ready_to_start
from roadworthy.features.debug.tally import RerunTally
from roadworthy.features.debug.tape.journal import JournalLine, PlanFolder
from roadworthy.features.debug.token import ReplayToken, write_token
from roadworthy.kit.holders import Holders
from roadworthy.kit.masking import mask_text

SETTLE_S = 2.0
"""Calls are recorded behind the call."""
SUSPICION_NOTE = (
    "The search begins with the steps that the ranking suspects: a quarter of what it believes at first, the "
    "rest is even."
)
ANSWER_CHARACTERS = 20_000
"""Of an answer, as it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What whoever starts the agent has to know."""

    rerun: Rerun
    input: str
    token: str
    traceparent: str
    entry: EntryPoint
    isolate: bool
    """Nothing of it may leave the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    done: int
    planned: int
    """Of a bisect a guess, until it is over."""
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an inquiry stands."""

    reruns: list[Rerun]
    progress: Progress
    spent: Spent


class InquiryService:
    """`sign` makes the key of tokens (it may raise OSError). `exchanges_of` reads what was recorded, which is
    there `settle_s` after a rerun at the latest. `gateway` is what the gateway said of itself last. `over` is
    told of each inquiry that ends, `changed` of all that happens to them, as by `InquiryBook`. `tally` counts
    their reruns. `suspected` says how suspicious each step of a bisect's run is before anything is
    executed, () where it cannot. Safe to call from several threads."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        sign: Callable[[], bytes],
        plans: PlanFolder,
        tapes: Tapes,
        evaluators: AnswerEvaluators,
        search: Search,
        suspected: Callable[[Inquiry], Sequence[float]] = lambda _inquiry: (),
        exchanges_of: ExchangesOf = lambda _project, _runs: {},
        gateway: Callable[[], GatewaySaid | None] = lambda: None,
        settle_s: float = SETTLE_S,
        over: Callable[[Inquiry], None] = lambda _inquiry: None,
        changed: Callable[[str, Sequence[str]], None] = lambda _project, _ids: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._book = InquiryBook(metadata, now_ns=now_ns, changed=changed)
        self.tally = RerunTally()
        self._holders = Holders(work="the reruns of this inquiry")
        self._sign = sign
        self._plans = plans
        self._tapes = tapes
        self._evaluators = evaluators
        self._suspected = suspected
        self._course = Course(
            self._book,
            search=search,
            exchanges_of=exchanges_of,
            gateway=gateway,
            settle_s=settle_s,
            over=over,
            tally=self.tally,
            now_ns=now_ns,
        )
        self._over_now = over
        self._now_ns = now_ns

    def start(self, draft: Inquiry) -> Inquiry:
        """As it was kept, with an id. Raises BadInquiry."""
        ready = ready_to_start(draft, tapes=self._tapes, evaluators=self._evaluators)
        suspicion = tuple(self._suspected(ready)) if ready.kind is InquiryKind.BISECT else ()
        inquiry = replace(
            ready,
            id=secrets.token_hex(6),
            created_ns=self._now_ns(),
            suspicion=suspicion,
            notes=(*ready.notes, SUSPICION_NOTE) if suspicion else ready.notes,
        )
        numbers = range(1, inquiry.repeats + 1) if inquiry.kind is not InquiryKind.BISECT else ()
        with self._book.lock:
            self._book.save(inquiry, [Rerun(number=number, switch=inquiry.fork_at) for number in numbers])
            old = self._book.too_old(inquiry.project)
        for one in old:
            self.delete(inquiry.project, one.id)
        return inquiry

    def all(self, project: str) -> list[Inquiry]:
        return self._book.all(project)

    def counts(self, project: str) -> Counter[tuple[InquiryKind, InquiryState]]:
        """How many are kept."""
        return self._book.counts(project)

    def one(self, project: str, inquiry_id: str) -> Inquiry | None:
        """As far as it is by now."""
        with self._book.lock:
            found = self._book.one(project, inquiry_id)
            return self._course.looked(found)[0] if found is not None else None

    def reruns(self, project: str, inquiry_id: str) -> list[Rerun]:
        return self._book.reruns(project, inquiry_id)

    def lines(self, project: str, inquiry_id: str, number: int) -> Sequence[JournalLine] | None:
        """The calls of a rerun's last attempt; None: no such rerun."""
        inquiry, rerun = self._both(project, inquiry_id, number)
        return self._plans.lines(plan_of(inquiry, rerun)) if inquiry and rerun else None

    def standing(self, inquiry: Inquiry) -> Standing:
        """By its reruns as they are now."""
        reruns = self._book.reruns(inquiry.project, inquiry.id)
        searching = inquiry.kind is InquiryKind.BISECT and inquiry.state is InquiryState.RUNNING
        return Standing(
            reruns=reruns,
            progress=Progress(
                done=sum(one.state is RerunState.DONE for one in reruns),
                planned=max(len(reruns), 2 * inquiry.steps.bit_length() if searching else 0),
                running=sum(one.state is RerunState.TAKEN for one in reruns),
            ),
            spent=spent(reruns, now_ns=self._now_ns(), timeout_s=inquiry.entry.timeout_s),
        )

    def cancel(self, project: str, inquiry_id: str) -> Inquiry | None:
        """What was done stays. None: no such inquiry. One that is over stays as it is."""
        with self._book.lock:
            inquiry = self._book.one(project, inquiry_id)
            if inquiry is None or inquiry.state is not InquiryState.RUNNING:
                return inquiry
            inquiry = replace(inquiry, state=InquiryState.CANCELLED, ended_ns=self._now_ns())
            self._book.save(inquiry)
        self._over_now(inquiry)
        return inquiry

    def resume(self, project: str, inquiry_id: str, *, budget: Budget | None = None) -> Inquiry | None:
        """One that was cancelled or is out of budget goes on, with another budget where one is given."""
        with self._book.lock:
            inquiry = self._book.one(project, inquiry_id)
            if inquiry is None or inquiry.state not in (InquiryState.CANCELLED, InquiryState.OUT_OF_BUDGET):
                return inquiry
            inquiry = replace(
                inquiry, state=InquiryState.RUNNING, ended_ns=None, budget=budget or inquiry.budget
            )
            self._book.save(inquiry)
            return self._course.looked(inquiry)[0]

    def delete(self, project: str, inquiry_id: str) -> bool:
        """With its plans and journals; the runs that its reruns became stay."""
        with self._book.lock:
            inquiry = self._book.one(project, inquiry_id)
            gone = self._book.delete(project, inquiry_id)
        if gone:
            self._plans.remove(project, inquiry_id)
        if inquiry is not None and inquiry.state is InquiryState.RUNNING:
            self._over_now(inquiry)
        return gone

    def take(
        self, project: str, inquiry_id: str, *, most: int, alone: bool = False, holder: str = ""
    ) -> list[Start]:
        """Reruns to make now; none where the inquiry is over, or waits for reruns that others took. `holder`
        says who asks, and is there still (`most` 0). `alone`: there are no others, so what was taken and not
        told of is handed out again now; raises Held where another is heard of. Where plans cannot be written
        StoreUnavailable is raised, and nothing is taken."""
        with self._book.lock:
            inquiry = self._book.one(project, inquiry_id)
            if inquiry is None or inquiry.state is not InquiryState.RUNNING:
                return []
            self._holders.claim(project, inquiry_id, holder=holder, alone=alone)
            inquiry, reruns = self._course.looked(inquiry)
            room = min(
                most,
                inquiry.concurrency - sum(self._course.busy(one, inquiry, alone=alone) for one in reruns),
            )
            if inquiry.state is not InquiryState.RUNNING or room <= 0 or self._course.out_of(inquiry, reruns):
                return []
            found = [one for one in reruns if self._course.open(one, inquiry, alone=alone)][:room]
            if inquiry.kind is InquiryKind.BISECT and len(found) < room:
                found += self._course.asked(inquiry, reruns, room - len(found))
            if found and not self._is_there(inquiry):
                self._course.deleted(inquiry, reruns)
                return []
            now = self._now_ns()
            taken = [
                replace(
                    one,
                    state=RerunState.TAKEN,
                    attempt=one.attempt + 1,
                    trace_id=secrets.token_hex(16),
                    earlier=traces_of(one),
                    taken_ns=now,
                    notes=(),
                )
                for one in found
            ]
            starts = self._planned(inquiry, taken)
            if taken:
                self._book.save_reruns(project, inquiry_id, taken)
            for before, after in zip(found, taken, strict=True):
                self.tally.moved(inquiry.kind, before, after)
        return starts

    def ended(
        self,
        project: str,
        inquiry_id: str,
        number: int,
        /,
        *,
        attempt: int,
        ending: Ending,
        answer: str,
        exit_code: int | None,
        error: str,
        elapsed_ms: float,
        passed: bool | None = None,
        check_said: str = "",
        notes: Sequence[str] = (),
    ) -> Rerun | None:
        """`passed` is what the runner's own command decided; `notes` what the runner saw. None: no such
        rerun. Told twice, or of an attempt that was given up: what is known stays."""
        inquiry, rerun = self._both(project, inquiry_id, number)
        if (
            inquiry is None
            or rerun is None
            or rerun.state is not RerunState.TAKEN
            or rerun.attempt != attempt
        ):
            return rerun
        plan = plan_of(inquiry, rerun)
        told = replace(
            rerun,
            state=RerunState.DONE,
            ending=ending,
            answer=mask_text(answer).text[:ANSWER_CHARACTERS],
            exit_code=exit_code,
            error=mask_text(error).text[-2_000:],
            elapsed_ms=elapsed_ms,
            ended_ns=self._now_ns(),
            same=same_as_recorded(inquiry, ending=ending, answer=answer, exit_code=exit_code, error=error),
            notes=tuple(one[:2_000] for one in notes),
        )
        lines = self._plans.lines(plan)
        if is_lost(lines):
            told = made_again(told)
        if told.state is RerunState.DONE:
            keep = inquiry.steps if plan.keep is None else min(plan.keep, inquiry.steps)
            told = counted(told, lines, keep=keep)
            told = self._checked(inquiry, told, answer, lines=lines, passed=passed, said=check_said)
        with self._book.lock:
            now = self._book.rerun(project, inquiry_id, number)
            if now != rerun:
                return now
            self._book.save_reruns(project, inquiry_id, [told])
            self.tally.moved(inquiry.kind, rerun, told)
            there = self._book.one(project, inquiry_id)
            if there is not None:
                self._course.looked(there, told=True)
            return self._book.rerun(project, inquiry_id, number)

    def _both(self, project: str, inquiry_id: str, number: int) -> tuple[Inquiry | None, Rerun | None]:
        inquiry = self._book.one(project, inquiry_id)
        return inquiry, self._book.rerun(project, inquiry_id, number) if inquiry else None

    def _is_there(self, inquiry: Inquiry) -> bool:
        """Whether anything is left of each tape."""
        return all(
            not set(ids).isdisjoint(self._tapes.ids(inquiry.project, run))
            for run, ids in ((inquiry.run_id, inquiry.tape_ids), (inquiry.good_run, inquiry.good_ids))
            if run
        )

    def forget(self, project: str) -> None:
        """The plans and journals of a project that was deleted; its records go with it."""
        self._plans.remove_project(project)

    def _checked(
        self,
        inquiry: Inquiry,
        rerun: Rerun,
        answer: str,
        *,
        lines: Sequence[JournalLine],
        passed: bool | None,
        said: str,
    ) -> Rerun:
        check = inquiry.check
        if check is None or rerun.ending is None:
            return rerun
        if check.how == "command" and rerun.ending is Ending.ANSWERED and (passed is not None or said):
            found = Checked(passed=passed, said=said)
        else:
            calls = [one.exchange_id for one in lines if one.exchange_id]
            found = check_answer(
                check,
                answer,
                recorded=inquiry.output,
                evaluate=lambda name, text: self._evaluators.evaluate(
                    inquiry, name, text, calls=calls, fresh=True
                ),
                ending=rerun.ending,
            )
        if rerun.missed and found.passed is False:
            # What fails because a call had no recording says nothing of the step that was put right.
            found = Checked(passed=None, said=f"{rerun.missed} calls could not be answered; {found.said}")
        return replace(rerun, passed=found.passed, check_said=mask_text(found.said).text[:2_000])

    def _planned(self, inquiry: Inquiry, taken: Sequence[Rerun]) -> list[Start]:
        """With their plans on the disk. Raises StoreUnavailable."""
        try:
            for one in taken:
                self._plans.write(plan_of(inquiry, one), inquiry.tape_ids, inquiry.good_ids)
            return [self._started(inquiry, one) for one in taken]
        except OSError as fault:
            raise StoreUnavailable(f"plans of reruns cannot be written: {fault.strerror}") from fault

    def _started(self, inquiry: Inquiry, rerun: Rerun) -> Start:
        token = ReplayToken(
            project=inquiry.project,
            agent=inquiry.gateway_agent,
            inquiry=inquiry.id,
            number=rerun.number,
            attempt=rerun.attempt,
            run_id=rerun.trace_id,
            expires_ns=rerun.taken_ns + int((inquiry.entry.timeout_s + GRACE_S) * 1e9),
        )
        return Start(
            rerun=rerun,
            input=inquiry.input,
            token=write_token(token, key=self._sign()),
            traceparent=f"00-{rerun.trace_id}-{rerun.trace_id[:16]}-01",
            entry=inquiry.entry,
            isolate=is_closed(plan_of(inquiry, rerun)),
        )
