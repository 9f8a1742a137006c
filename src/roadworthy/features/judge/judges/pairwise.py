"""Which of two answers is better, asked in both orders: judges favour a place (GPT-4 keeps its verdict after
a swap in 88.7 % of hard pairs, ChatGPT in 60.3 %), so a preference that turns with the order is none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from roadworthy.features.judge.judges.judge import Judge
from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.transcript import Transcript


class Preference(StrEnum):
    A = "a"
    B = "b"
    TIE = "tie"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    preference: Preference
    order_stable: bool | None
    """Whether both orders said the same; None where one of them said nothing."""
    forward: Judgement
    """A shown first."""
    backward: Judgement
    """B shown first."""

    @property
    def value(self) -> float | None:
        """1 where A is better, 0 where B is, 0.5 for a tie."""
        return {Preference.A: 1.0, Preference.B: 0.0, Preference.TIE: 0.5}.get(self.preference)


async def compare(judge: Judge, a: Transcript, b: Transcript) -> Comparison:
    """Two runs of the same request, by a judge with a pairwise rubric (`Rubric.pairwise`)."""
    if not judge.spec.rubric.pairwise:
        raise ValueError("rubric: expected the labels first, second and tie, {answer} and {reference}")
    forward, backward = await asyncio.gather(
        judge.judge(a, reference=b.answer or "(no answer)"),
        judge.judge(b, reference=a.answer or "(no answer)"),
    )
    there = {"first": Preference.A, "second": Preference.B, "tie": Preference.TIE}.get(forward.label)
    back = {"first": Preference.B, "second": Preference.A, "tie": Preference.TIE}.get(backward.label)
    if there is None or back is None:
        preference, stable = Preference.UNKNOWN, None
    elif there is back:
        preference, stable = there, True
    else:
        preference, stable = Preference.TIE, False
    return Comparison(preference=preference, order_stable=stable, forward=forward, backward=backward)
