"""Answers the calls of a rerun from a tape, as its plan says. Pure: it asks nobody, and waits for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from roadworthy.domain.exchange import Dialect, ExchangeKind
from roadworthy.features.debug.plan import After, Change, ChangeKind, Plan
from roadworthy.features.debug.tape.asked import Asked, How, Played, name_of, text_of
from roadworthy.features.debug.tape.changing import (
    CannotChange,
    asked_instead,
    result_instead,
    said_instead,
)
from roadworthy.features.debug.tape.difference import difference
from roadworthy.features.debug.tape.fresh_ids import FreshIds
from roadworthy.features.debug.tape.missing import (
    forbidden,
    hole_failure,
    made_to_fail,
    missing,
    not_recorded,
)
from roadworthy.features.debug.tape.side import Found, Side
from roadworthy.features.debug.tape.tape import Tape, TapeCall

_KIND_OF = {
    ChangeKind.ANSWER: ExchangeKind.MODEL,
    ChangeKind.MODEL: ExchangeKind.MODEL,
    ChangeKind.PROMPT: ExchangeKind.MODEL,
    ChangeKind.PARAMETERS: ExchangeKind.MODEL,
    ChangeKind.RESULT: ExchangeKind.TOOL,
    ChangeKind.FORBID: ExchangeKind.TOOL,
}
"""Calls of which kind a change fits; an error fits both."""
_ASKS = frozenset({ChangeKind.MODEL, ChangeKind.PROMPT, ChangeKind.PARAMETERS})
_MASKED = b"[masked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerSummary:
    """Counts of calls; `unused` are steps that were to be asked for and were not."""

    matched: int = 0
    changed: int = 0
    live: int = 0
    missed: int = 0
    """Holes and what was lost included."""
    unused: tuple[int, ...] = ()
    diverged_at: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Counts:
    by: Counter[How] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


class Player:
    """For one rerun, from one thread. `fresh_ids`: whether answers get ids of their own (`fresh_ids.py`), as
    they must where the rerun's telemetry is stored beside the recorded run's."""

    def __init__(self, tape: Tape, plan: Plan, good: Tape | None = None, *, fresh_ids: bool = False) -> None:
        self.tape = tape
        self.plan = plan
        self._own = Side(tape)
        self._good = Side(good) if good is not None else None
        self._ids = FreshIds(plan.run_id if fresh_ids else "")
        self._asked = 0
        self._beyond = plan.keep == 0
        self._applied: set[Change] = set()
        self._counts = _Counts()
        self.diverged_at: int | None = None

    def prepare(self) -> None:
        """What the first answer would wait for: a large tape takes a tenth of a second to be looked up in."""
        for side in (self._own, self._good):
            if side is not None:
                side.prepare()

    def answer(self, asked: Asked) -> Played:
        """Never raises, whatever was asked."""
        self._asked += 1
        asked = replace(asked, body=self._ids.recorded(asked.body))
        if asked.dialect is None:
            asked = replace(asked, dialect=self._dialect_at(asked.path))
        found = self._own.same(asked)
        text = found.call.text if found is not None else text_of(asked.kind, asked.path, asked.body)
        found = found or self._own.find(text)
        kept = self._is_kept(found)
        played = self._with_changes(asked, text, found, kept=kept)
        if played is None:
            played = self._kept(asked, text, found) if kept else self._after(asked, text, found)
        self._counts.by[played.how] += 1
        if played.note and played.how is not How.LIVE:
            where = f"step {played.step}: " if played.step is not None and played.how is not How.MISS else ""
            self._counts.notes.append(f"{where}{played.note}")
        return played

    def summary(self) -> PlayerSummary:
        return summary_of(
            self._counts.by,
            unused=self._own.left(upto=self.plan.keep),
            diverged_at=self.diverged_at,
            notes=[*self._counts.notes, *self._unapplied()],
        )

    @property
    def models(self) -> tuple[str, ...]:
        """Names that the recorded run asked models by."""
        calls = self.tape.calls
        named = (one.exchange.asked for one in calls if one.exchange.kind is ExchangeKind.MODEL)
        return tuple(dict.fromkeys(one for one in named if one))

    # What of the plan applies

    def _is_kept(self, found: Found | None) -> bool:
        """Whether the call belongs to the part that is answered as recorded."""
        keep = self.plan.keep
        if keep is None or (found is not None and found.call.step <= keep):
            return True
        if not self._beyond:
            over = not self._own.left(upto=keep)
            self._beyond = over or found is not None
        return not self._beyond

    def _with_changes(self, asked: Asked, text: str, found: Found | None, *, kept: bool) -> Played | None:
        step = found.call.step if found is not None else None
        if step is None and not kept:
            step = max(self._asked, (self.plan.keep or 0) + 1)
        changes = [one for one in self.plan.changes if self._applies(one, asked, step)]
        if not changes:
            return None
        self._take(text, found)
        self._applied.update(changes)
        at = found.call.step if found is not None else None
        try:
            for one in changes:
                if one.kind not in _ASKS:
                    return self._changed(one, asked, at, found)
            return self._live(asked, at, changes)
        except CannotChange as odd:
            return _unchanged(at, f"the change at step {changes[0].step} cannot be put in: {odd}")

    def _applies(self, change: Change, asked: Asked, step: int | None) -> bool:
        if step is None or _KIND_OF.get(change.kind, asked.kind) is not asked.kind:
            return False
        if change.kind is ChangeKind.FORBID:
            return step >= change.step and self._is_tool(asked, change.text)
        if change.onwards:
            return step >= change.step
        return step == change.step and change not in self._applied

    def _changed(self, change: Change, asked: Asked, step: int | None, found: Found | None) -> Played:
        if change.kind is ChangeKind.ANSWER:
            answer = said_instead(asked, change, seed=self.plan.run_id)
            return Played(step=step, how=How.CHANGED, answer=answer, note="the model's words were changed")
        if change.kind is ChangeKind.RESULT:
            recorded = found.call.answer if found is not None else None
            answer = result_instead(asked, change, recorded=recorded)
            return Played(step=step, how=How.CHANGED, answer=answer, note="the tool's result was changed")
        if change.kind is ChangeKind.FORBID:
            note = f"{change.text} was forbidden"
            return Played(step=step, how=How.CHANGED, failure=forbidden(change.text), note=note)
        failure = made_to_fail(change, name_of(asked.kind, asked.path, asked.body))
        note = f"the call was made to fail ({failure.code.value})"
        return Played(step=step, how=How.CHANGED, failure=failure, note=note)

    def _unapplied(self) -> list[str]:
        notes = []
        for one in self.plan.changes:
            if one in self._applied:
                continue
            call = self.tape.call(one.step)
            why = "the agent made no such call"
            kind = _KIND_OF.get(one.kind)
            if call is not None and kind is not None and kind is not call.exchange.kind:
                why = f"step {one.step} is a call to a {call.exchange.kind.value}"
            notes.append(f"the change at step {one.step} ({one.kind.value}) was never applied: {why}")
        return notes

    # Who answers

    def _kept(self, asked: Asked, text: str, found: Found | None) -> Played:
        if found is not None:
            self._take(text, found)
            return self._recorded(found, text)
        hole = self._own.hole_for(asked)
        return self._hole(hole) if hole is not None else self._miss(asked, text)

    def _after(self, asked: Asked, text: str, found: Found | None) -> Played:
        model = asked.kind is ExchangeKind.MODEL
        asks = model and self.plan.after is After.LIVE
        if not asks:
            good = self._good.find(text) if self._good is not None else None
            if good is not None and not good.call.hole and not self._own_first(found):
                self._take(text, found)
                return self._recorded(good, text, how=How.GOOD, step=found.call.step if found else None)
            if found is not None and not (found.call.hole and self._may_go_on(asked)):
                self._take(text, found)
                return self._recorded(found, text)
        if found is not None:
            self._own.take(found.call)
        step = found.call.step if found is not None else None
        if self._may_go_on(asked):
            try:
                return self._live(asked, step, ())
            except CannotChange as odd:
                return _unchanged(step, f"the model cannot be changed: {odd}")
        hole = self._own.hole_for(asked)
        return self._hole(hole) if hole is not None else self._miss(asked, text)

    def _own_first(self, found: Found | None) -> bool:
        """Whether the own tape answers though there is a good run: behind the one step it puts right."""
        if not self.plan.good_only or found is None or found.call.hole:
            return False
        return found.call.step != (self.plan.keep or 0) + 1

    def _may_go_on(self, asked: Asked) -> bool:
        """Whether somebody is asked for real, once the kept part is over."""
        if self.plan.after is After.RECORDED:
            return False
        if asked.kind is ExchangeKind.MODEL:
            return True
        return any(self._is_tool(asked, pattern) for pattern in self.plan.live_tools)

    def _is_tool(self, asked: Asked, pattern: str) -> bool:
        """`connector.tool`, as the gateway names it to MCP clients too (`connector__tool`)."""
        name = name_of(asked.kind, asked.path, asked.body)
        targets = {asked.target, name, *self._targets(name)} - {""}
        return any(
            fnmatchcase(one, shown) for one in targets for shown in (pattern, pattern.replace(".", "__", 1))
        )

    def _targets(self, name: str) -> Iterable[str]:
        sides = [self._own, self._good] if self._good is not None else [self._own]
        return {
            call.exchange.target
            for side in sides
            for call in side.tape.calls
            if call.exchange.asked == name and call.exchange.kind is ExchangeKind.TOOL
        }

    def _take(self, text: str, found: Found | None) -> None:
        """The good run's call of the same words is over as well."""
        if found is not None:
            self._own.take(found.call)
        if self._good is not None:
            same = self._good.find(text)
            if same is not None:
                self._good.take(same.call)

    def _recorded(
        self, found: Found, text: str, *, how: How | None = None, step: int | None = None
    ) -> Played:
        call = found.call
        if call.hole:
            return self._hole(call)
        notes = [found.note] if found.note else []
        answer = call.answer
        if answer is not None:
            if _MASKED in answer.body:
                notes.append("the answer holds masks in place of secrets: the agent gets the masks")
            answer = self._ids.answer(answer, call.exchange.dialect)
        if how is How.GOOD:
            notes.insert(0, f"answered as step {call.step} of the good run")
        response_id = call.exchange.response_id
        return Played(
            step=call.step if how is None else step,
            how=how or found.how,
            answer=answer,
            note="; ".join(notes),
            diff="" if found.how is How.RECORDED else difference(self._text(call, how), text),
            exchange=call.exchange,
            response_id=self._ids.of(response_id) if response_id else "",
        )

    def _live(self, asked: Asked, step: int | None, changes: Sequence[Change]) -> Played:
        """Raises CannotChange."""
        model = self.plan.live_model if asked.kind is ExchangeKind.MODEL else ""
        ask = asked_instead(asked, changes, model=model)
        told = [_told(one) for one in changes]
        if ask is not asked and not any(one.kind is ChangeKind.MODEL for one in changes) and model:
            told.append(f"model {model}")
        note = f"asked for real with {', '.join(told)}" if told else ""
        return Played(step=step, how=How.LIVE, note=note, ask=ask)

    def _hole(self, call: TapeCall) -> Played:
        self._own.used.add(call.step)
        return Played(
            step=call.step, how=How.HOLE, note=call.hole, exchange=call.exchange, failure=hole_failure(call)
        )

    def _miss(self, asked: Asked, text: str) -> Played:
        gone = missing(self._own, asked, text, number=self._asked)
        if self.diverged_at is None:
            self.diverged_at = gone.step or self._asked
        return Played(step=None, how=How.MISS, note=gone.note, diff=gone.diff, failure=gone.failure)

    def _text(self, call: TapeCall, how: How | None) -> str:
        side = self._good if how is How.GOOD and self._good is not None else self._own
        return side.texts.get(call.step, "")

    def _dialect_at(self, path: str) -> Dialect | None:
        bare = path.partition("?")[0]
        return next(
            (one.exchange.dialect for one in self.tape.calls if one.path.partition("?")[0] == bare), None
        )


def summary_of(
    by: Counter[How], *, unused: tuple[int, ...], diverged_at: int | None, notes: Iterable[str]
) -> PlayerSummary:
    return PlayerSummary(
        matched=by[How.RECORDED] + by[How.DATED] + by[How.GOOD],
        changed=by[How.CHANGED],
        live=by[How.LIVE],
        missed=by[How.MISS] + by[How.HOLE] + by[How.LOST],
        unused=unused,
        diverged_at=diverged_at,
        notes=tuple(dict.fromkeys(notes)),
    )


def _unchanged(step: int | None, note: str) -> Played:
    return Played(step=step, how=How.MISS, note=note, failure=not_recorded(f"{note[:1].upper()}{note[1:]}."))


def _told(change: Change) -> str:
    if change.kind is ChangeKind.MODEL:
        return f"model {change.text}"
    return "another system prompt" if change.kind is ChangeKind.PROMPT else f"parameters {change.text[:80]}"
