"""How an inquiry goes on: what time and reruns have made of it, what is open, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import Exchange
from roadworthy.features.debug.book import InquiryBook
from roadworthy.features.debug.finding import fork_finding, replay_finding
from roadworthy.features.debug.inquiry import DELETED, Inquiry, InquiryKind, InquiryState, Rerun, RerunState
from roadworthy.features.debug.outcome import with_costs
from roadworthy.features.debug.spending import out_of, spent
from roadworthy.features.debug.tally import RerunTally

GRACE_S = 60.0
"""How much longer than its time-out a rerun may be with whoever took it."""
MOST_ATTEMPTS = 3
_GATEWAY_WAITED_NS = 30 * 10**9
"""How long it may be silent before it is taken to have lived."""

ExchangesOf = Callable[[str, Sequence[str]], Mapping[str, Sequence[Exchange]]]
"""(project, run ids) → what was recorded of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a bisect makes of its reruns so far."""

    questions: Sequence[tuple[int | None, bool]]
    """(switch, only) to try now; None puts nothing right: whether the failure comes back."""
    over: bool
    finding: Mapping[str, Any]


Search = Callable[[Inquiry, Sequence[Rerun], int], Searched]
"""(bisect, its reruns, most) → at most so many questions. Pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySaid:
    """What the gateway tells of itself, seconds apart."""

    started_ns: int
    at_ns: int


class Course:
    """Of the inquiries of a book; every call is made with its lock held. `over` is told of each that ends."""

    def __init__(
        self,
        book: InquiryBook,
        *,
        search: Search,
        exchanges_of: ExchangesOf,
        gateway: Callable[[], GatewaySaid | None],
        settle_s: float,
        over: Callable[[Inquiry], None],
        tally: RerunTally,
        now_ns: Callable[[], int],
    ) -> None:
        self._book = book
        self._search = search
        self._exchanges_of = exchanges_of
        self._gateway = gateway
        self._settle_ns = int(settle_s * 1e9)
        self._over_now = over
        self._tally = tally
        self._now_ns = now_ns

    def looked(self, inquiry: Inquiry, *, told: bool = False) -> tuple[Inquiry, list[Rerun]]:
        """What time and reruns have made of it; kept where it changed. `told`: a rerun has just ended, which
        is found something of though the inquiry be over."""
        reruns = self._book.reruns(inquiry.project, inquiry.id)
        if inquiry.state is not InquiryState.RUNNING and not told:
            return inquiry, reruns
        now = [self._aged(inquiry, one) for one in reruns]
        changed = [(before, one) for before, one in zip(reruns, now, strict=True) if one != before]
        if changed:
            self._book.save_reruns(inquiry.project, inquiry.id, [one for _, one in changed])
        for before, one in changed:
            self._tally.moved(inquiry.kind, before, one)
        after = self._found(inquiry, now)
        if after != inquiry:
            self._book.save(after)
        if after.state is not inquiry.state:
            self._over_now(after)
        return after, now

    def _found(self, inquiry: Inquiry, reruns: Sequence[Rerun]) -> Inquiry:
        """With the finding so far, and over where nothing is to be done any more or the budget is used up."""
        finding, over = self._finding(inquiry, reruns)
        state, gone = inquiry.state, self.out_of(inquiry, reruns)
        if state is InquiryState.RUNNING and not self._under_way(inquiry, reruns):
            state = InquiryState.DONE if over else InquiryState.OUT_OF_BUDGET if gone else state
        if state is InquiryState.OUT_OF_BUDGET and gone:
            said = f"The budget of {gone} is used up; resumed with a larger one it goes on."
            finding["sentences"] = [*finding.get("sentences", ()), said]
        return replace(
            inquiry,
            state=state,
            finding=orjson.dumps(finding).decode() if finding else inquiry.finding,
            ended_ns=inquiry.ended_ns if state is inquiry.state else self._now_ns(),
        )

    def _finding(self, inquiry: Inquiry, reruns: Sequence[Rerun]) -> tuple[dict[str, Any], bool]:
        """And whether there is nothing more to do, whatever the budget."""
        done = [one.state is RerunState.DONE for one in reruns]
        if not any(done):
            return {}, False
        if inquiry.kind is InquiryKind.BISECT:
            searched = self._search(inquiry, _known(reruns), 0)
            return dict(searched.finding), searched.over
        if inquiry.kind is InquiryKind.REPLAY:
            return asdict(replay_finding(inquiry, reruns)), all(done)
        return asdict(fork_finding(inquiry, reruns)), all(done)

    def asked(self, inquiry: Inquiry, reruns: Sequence[Rerun], most: int) -> list[Rerun]:
        """Reruns that are to be made beside those there are, within the budget."""
        if inquiry.budget.reruns is not None:
            most = min(most, inquiry.budget.reruns - len(reruns))
        questions = self._search(inquiry, _known(reruns), most).questions if most > 0 else ()
        return [
            Rerun(number=number, switch=switch, only=only)
            for number, (switch, only) in enumerate(questions, len(reruns) + 1)
        ]

    def _aged(self, inquiry: Inquiry, one: Rerun) -> Rerun:
        now = self._now_ns()
        if one.state is RerunState.TAKEN and one.attempt >= MOST_ATTEMPTS and self._silent(one, inquiry):
            said = f"nobody told how it ended, {one.attempt} times"
            over = replace(one, state=RerunState.DONE, error=said, ended_ns=now)
            return self._costed(inquiry, over, final=True)
        if one.state is not RerunState.DONE or one.counted:
            return one
        if one.ending is not Ending.ANSWERED:
            same = self._same_gateway(one, now)
            if same is None:
                return one
            if not same:
                return made_again(one)
        final = not _may_cost(inquiry, one) or now - one.ended_ns >= self._settle_ns
        return self._costed(inquiry, one, final=final)

    def _costed(self, inquiry: Inquiry, one: Rerun, *, final: bool) -> Rerun:
        """With what all of its attempts asked."""
        traces = traces_of(one) if _may_cost(inquiry, one) else ()
        found = self._exchanges_of(inquiry.project, traces) if traces else {}
        return with_costs(one, [each for trace in traces for each in found.get(trace, ())], final=final)

    def _same_gateway(self, one: Rerun, now: int) -> bool | None:
        """Whether the gateway that answered is the one there is: an agent may end with an error because it
        died. None while it has not said a word since."""
        said = self._gateway()
        if said is None or now - one.ended_ns > _GATEWAY_WAITED_NS:
            return True
        if said.started_ns > one.taken_ns:
            return False
        return True if said.at_ns > one.ended_ns else None

    def out_of(self, inquiry: Inquiry, reruns: Sequence[Rerun]) -> str:
        """What there is no more of; "" while there is enough of all."""
        waiting = any(one.state is not RerunState.DONE for one in reruns)
        used = spent(reruns, now_ns=self._now_ns(), timeout_s=inquiry.entry.timeout_s)
        return out_of(inquiry.budget, used, waiting=waiting)

    def _under_way(self, inquiry: Inquiry, reruns: Sequence[Rerun]) -> bool:
        return any(self.busy(one, inquiry, alone=False) or not is_counted(one) for one in reruns)

    def busy(self, one: Rerun, inquiry: Inquiry, *, alone: bool) -> bool:
        return one.state is RerunState.TAKEN and not alone and not self._silent(one, inquiry)

    def open(self, one: Rerun, inquiry: Inquiry, *, alone: bool) -> bool:
        again = one.state is RerunState.TAKEN and not self.busy(one, inquiry, alone=alone)
        return one.state is RerunState.WAITING or (again and (alone or one.attempt < MOST_ATTEMPTS))

    def _silent(self, one: Rerun, inquiry: Inquiry) -> bool:
        return self._now_ns() - one.taken_ns > (inquiry.entry.timeout_s + GRACE_S) * 1e9

    def deleted(self, inquiry: Inquiry, reruns: Sequence[Rerun]) -> None:
        """What it is answered from is gone: it ends with what is known by now, that said first."""
        over = replace(
            inquiry,
            state=InquiryState.CANCELLED,
            ended_ns=self._now_ns(),
            doubts=(*inquiry.doubts, DELETED),
        )
        known = self._finding(over, reruns)[0] or {"outcome": "cannot_tell"}
        said = [one for one in known.get("sentences", ()) if one != DELETED]
        over = replace(over, finding=orjson.dumps({**known, "sentences": [DELETED, *said]}).decode())
        self._book.save(over)
        self._over_now(over)


def made_again(one: Rerun) -> Rerun:
    """What the gateway had answered is lost with it: the rerun says nothing."""
    if one.attempt < MOST_ATTEMPTS:
        return Rerun(
            number=one.number,
            switch=one.switch,
            only=one.only,
            attempt=one.attempt,
            earlier=traces_of(one),
            notes=("The gateway died in the middle; made again.",),
        )
    said = f"The gateway died in the middle, {one.attempt} times."
    return replace(one, notes=(*one.notes, said), counted=True)


def _may_cost(inquiry: Inquiry, one: Rerun) -> bool:
    """Of an attempt that was given up nobody counted what it asked; a replay asks nobody."""
    return one.live > 0 or (bool(one.earlier) and inquiry.kind is not InquiryKind.REPLAY)


def traces_of(one: Rerun) -> tuple[str, ...]:
    """Of all its attempts so far."""
    return (*one.earlier, one.trace_id) if one.trace_id else one.earlier


def _known(reruns: Sequence[Rerun]) -> list[Rerun]:
    """Those whose gateway may have died are not over yet, as far as a search goes."""
    return [
        one if is_counted(one) or one.ending is Ending.ANSWERED else replace(one, state=RerunState.TAKEN)
        for one in reruns
    ]


def is_counted(one: Rerun) -> bool:
    return one.counted or one.state is not RerunState.DONE
