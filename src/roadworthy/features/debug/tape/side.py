"""One tape as a player looks things up in it: by key, by key without the clock, by likeness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from roadworthy.domain.exchange import Ending
from roadworthy.features.debug.tape.asked import Asked, How, name_of
from roadworthy.features.debug.tape.clock import clock_note, without_clock
from roadworthy.features.debug.tape.difference import alike, printed
from roadworthy.features.debug.tape.tape import Tape, TapeCall

_COMPARED = 40
"""Recorded calls that one which was not recorded is held against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    call: TapeCall
    how: How
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    call: TapeCall
    likeness: float
    """0 to 1."""
    same_target: bool


class Side:
    """`used` are steps that were asked for."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.used: set[int] = set()

    @cached_property
    def texts(self) -> dict[int, str]:
        """By step: of calls whose request is there."""
        return {call.step: call.text for call in self.tape.calls if call.request is not None}

    @cached_property
    def _by_text(self) -> dict[str, list[TapeCall]]:
        found: dict[str, list[TapeCall]] = defaultdict(list)
        for step, text in self.texts.items():
            found[text].append(self.tape.calls[step - 1])
        return found

    @cached_property
    def _by_undated(self) -> dict[str, list[TapeCall]]:
        found: dict[str, list[TapeCall]] = defaultdict(list)
        for step in self.texts:
            call = self.tape.calls[step - 1]
            found[call.undated].append(call)
        return found

    @cached_property
    def _by_bytes(self) -> dict[tuple[str, bytes], list[TapeCall]]:
        found: dict[tuple[str, bytes], list[TapeCall]] = defaultdict(list)
        for call in self.tape.calls:
            if call.request is not None:
                found[call.path, call.body].append(call)
        return found

    @cached_property
    def _aborted(self) -> bool:
        return any(call.exchange.ending is Ending.ABORTED for call in self.tape.calls)

    def prepare(self) -> int:
        """How many different calls there are. What is worked out for it, is so for all."""
        return len(self._by_text)

    def same(self, asked: Asked) -> Found | None:
        """A recording of the very same bytes, which nothing has to be worked out for: most calls of most
        agents, where their answers have the recorded ids."""
        call = self._first(self._by_bytes.get((asked.path, asked.body), ()))
        return Found(call=call, how=How.RECORDED) if call is not None else None

    def find(self, text: str) -> Found | None:
        """The first recording of this call that was not asked for yet."""
        call = self._first(self._by_text.get(text, ()))
        if call is not None:
            return Found(call=call, how=How.RECORDED)
        undated = without_clock(text)
        call = self._first(self._by_undated.get(undated, ()))
        if call is None:
            return None
        return Found(call=call, how=How.DATED, note=clock_note(self.texts[call.step], text))

    def take(self, call: TapeCall) -> None:
        """It was asked for, and so were those like it before that the agent had gone away from: a client's
        time-out happens once."""
        self.used.add(call.step)
        if not self._aborted:
            return
        for other in self._by_text.get(self.texts.get(call.step, ""), ()):
            if other.step < call.step and other.exchange.ending is Ending.ABORTED:
                self.used.add(other.step)

    def times(self, text: str) -> int:
        """How often this call was recorded, dates aside."""
        return len(self._by_undated.get(without_clock(text), ()))

    def hole_for(self, asked: Asked) -> TapeCall | None:
        """A call that was not recorded whole and may be this one: of its kind, to the same model or tool."""
        name = name_of(asked.kind, asked.path, asked.body)
        for call in self.tape.holes:
            one = call.exchange
            known = {one.asked, one.target} - {""}
            mine = {name, asked.target} - {""}
            free = call.step not in self.used and call.request is None
            if free and (not known or (one.kind is asked.kind and (not mine or known & mine))):
                return call
        return None

    def nearest(self, asked: Asked, text: str) -> Nearest | None:
        """The recorded call that is most like it, of those nobody asked for yet; of the same kind, one to the
        same model or tool first."""
        name = name_of(asked.kind, asked.path, asked.body)
        lines = printed(text)
        best: Nearest | None = None
        left = [
            call
            for call in self.tape.calls
            if call.step not in self.used
            and call.exchange.kind is asked.kind
            and call.exchange.ending is not Ending.ABORTED
            and call.step in self.texts
        ]
        same = [call for call in left if {call.exchange.asked, call.exchange.target} & {name, asked.target}]
        for call in (same or left)[:_COMPARED]:
            likeness = alike(printed(self.texts[call.step]), lines)
            if best is None or likeness > best.likeness:
                best = Nearest(call=call, likeness=likeness, same_target=bool(same))
        return best

    def first_left(self) -> int | None:
        """The first step nobody asked for yet."""
        return next(
            (
                call.step
                for call in self.tape.calls
                if call.step not in self.used and call.exchange.ending is not Ending.ABORTED
            ),
            None,
        )

    def left(self, *, upto: int | None) -> tuple[int, ...]:
        """Steps nobody asked for. What the agent had gone away from by itself does not count."""
        return tuple(
            call.step
            for call in self.tape.calls
            if call.step not in self.used
            and (upto is None or call.step <= upto)
            and call.exchange.ending is not Ending.ABORTED
        )

    def _first(self, calls: Iterable[TapeCall]) -> TapeCall | None:
        left = [one for one in calls if one.step not in self.used]
        whole = (one for one in left if one.exchange.ending is not Ending.ABORTED)
        return next(whole, left[0] if left else None)
