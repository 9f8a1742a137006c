"""A number in the text is near the one expected."""

from __future__ import annotations

import math
import re
from typing import Literal, Self

from pydantic import Field, model_validator

from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict, passed, unknown
from roadworthy.features.judge.evaluators.subject import Piece, Subject
from roadworthy.features.judge.transcript import Transcript

NUMBERS_READ = 10_000
_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:\d{1,3}(?:[,\u2019']\d{3}){1,5}(?!\d)|\d{1,30})(?:\.\d{1,30})?(?:[eE][-+]?\d{1,3})?"
)


class NumericConfig(Subject):
    expected: float | None = None
    expected_attribute: str = Field(
        default="", description="Attribute of the run that holds the number that is right."
    )
    absolute: float = Field(default=0.0, ge=0, description="How far off it may be.")
    relative: float = Field(default=0.0, ge=0, le=1, description="How far off it may be, 0.01 for 1 %.")
    which: Literal["any", "first", "last"] = Field(
        default="any", description="Which number of the text counts."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.expected is None) == (not self.expected_attribute):
            raise ValueError("give expected or expected_attribute, one of them")
        return self


def evaluate(transcript: Transcript, config: NumericConfig) -> Verdict:
    wanted = config.expected
    if wanted is None:
        said = transcript.run.attributes.get(config.expected_attribute, "")
        try:
            wanted = float(said)
        except ValueError:
            return unknown(f"the run's attribute {config.expected_attribute!r} holds no number")
        if not math.isfinite(wanted):
            return unknown(f"the run's attribute {config.expected_attribute!r} holds no finite number")
    pieces = config.pieces(transcript)
    if not pieces:
        return unknown(config.nothing())
    found = [one for piece in pieces for one in _numbers(piece)]
    if not found:
        return passed(ok=False, explanation=f"expected {wanted:g}, found no number")
    counted = {"any": found, "first": found[:1], "last": found[-1:]}[config.which]
    off, value, piece, match = min(
        ((abs(value - wanted), value, piece, match) for value, piece, match in counted),
        key=lambda one: one[0],
    )
    ok = off <= max(config.absolute, config.relative * abs(wanted), 1e-9 * abs(wanted))
    return passed(
        ok=ok,
        explanation="" if ok else f"expected {wanted:g}, the nearest is {value:g}",
        evidence=(piece.evidence(*match),),
    )


def _numbers(piece: Piece) -> list[tuple[float, Piece, tuple[int, int]]]:
    found = []
    for match in _NUMBER.finditer(piece.text):
        value = float(re.sub(r"[,\u2019']", "", match.group()).replace("−", "-"))
        if math.isfinite(value):
            found.append((value, piece, match.span()))
        if len(found) == NUMBERS_READ:
            break
    return found


EVALUATOR = Evaluator(
    name="numeric",
    title="Number within a tolerance",
    description="1 where a number of the text is as near the expected one as asked. Separators of thousands "
    "are read, decimal commas are not.",
    config=NumericConfig,
    evaluate=evaluate,
)
