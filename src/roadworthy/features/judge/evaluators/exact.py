"""The text is exactly what was expected."""

from __future__ import annotations

from pydantic import Field

from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict, passed, unknown
from roadworthy.features.judge.evaluators.subject import Expecting, plain
from roadworthy.features.judge.transcript import Transcript


class ExactConfig(Expecting):
    ignore_case: bool = False
    ignore_space: bool = Field(default=True, description="Runs of white space count as one, ends as none.")


def evaluate(transcript: Transcript, config: ExactConfig) -> Verdict:
    wanted = config.wanted(transcript)
    if wanted is None:
        return unknown(config.unsaid())
    pieces = config.pieces(transcript)
    if not pieces:
        return unknown(config.nothing())
    goal = plain(wanted, ignore_case=config.ignore_case, ignore_space=config.ignore_space)
    for piece in pieces:
        text = plain(piece.text, ignore_case=config.ignore_case, ignore_space=config.ignore_space)
        if text == goal:
            return passed(ok=True, evidence=(piece.evidence(0, len(piece.text)),))
    said = pieces[0].text
    return passed(
        ok=False,
        explanation=f"expected {wanted[:200]!r}, found {said[:200]!r}",
        evidence=(pieces[0].evidence(0, len(said)),),
    )


EVALUATOR = Evaluator(
    name="exact",
    title="Exact match",
    description="1 where a text is exactly what was expected, 0 where not.",
    config=ExactConfig,
    evaluate=evaluate,
)
