"""What asking models found out about a run's steps, as hints for their ranking."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.features.debug.ranking.suspects import Hint, Told
from roadworthy.features.debug.ranking.told import Doer, ToldRun
from roadworthy.features.debug.resampling import StepAgreement
from roadworthy.features.debug.resampling_book import Resampling

_SLIP, _STEADY, _OPINION = 2.0, -0.3, 0.8
"""Conventions, as there are no data to learn them from: a recorded decision that the model surely does not
repeat counts as much as two sure findings, and an opinion as much as one."""
_LEAST_ASKED = 3


def hints_of(found: Resampling | None, told: ToldRun) -> Sequence[Hint]:
    if found is None:
        return ()
    place: dict[str, int] = {}
    for i, step in enumerate(told.steps):
        if step.doer is Doer.AGENT and step.ref:
            place.setdefault(step.ref, i)
    hints: list[Hint] = []
    for one in found.found:
        at = place.get((found.spans or {}).get(one.step, ""))
        if at is not None and one.failure is not None and one.asked >= _LEAST_ASKED:
            amount = _SLIP * one.low if one.failure else _STEADY
            hints.append(Hint(step=at, by=Told.RESAMPLING, amount=amount, text=in_words(one)))
    opinion = found.opinion
    if opinion is not None and opinion.span_id in place:
        text = f"{opinion.endpoint} suspects this step: {opinion.reason}"
        hints.append(Hint(step=place[opinion.span_id], by=Told.JUDGE, amount=_OPINION, text=text))
    return hints


def in_words(one: StepAgreement) -> str:
    if not one.failure:
        return (
            f"Asked again {one.asked} times with the same context, the model decided as recorded each time: "
            "no slip; if it is wrong here, it always is."
        )
    most = f", {one.other_times} times {one.other.shown}" if one.other else ""
    return (
        f"Asked again {one.asked} times with the same context, the model decided otherwise "
        f"{one.asked - one.agreed} times ({one.low:.0%} to {one.high:.0%}){most}."
    )
