"""How much two sets or lists have in common."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict, graded, unknown
from roadworthy.features.judge.evaluators.subject import Subject, plain
from roadworthy.features.judge.transcript import Transcript, loads_or_none

ITEMS_READ = 100_000
Item = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
_WORD = re.compile(r"\w+")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,4}[.)])\s+")


class OverlapConfig(Subject):
    expected: tuple[Item, ...] = Field(default=(), max_length=10_000)
    expected_attribute: str = Field(
        default="", description="Attribute of the run that holds what is right: a JSON list, or as `split`."
    )
    split: Literal["auto", "lines", "commas", "words"] = Field(
        default="auto",
        description="How a text becomes items: auto reads a JSON list, else lines, else commas.",
    )
    measure: Literal["f1", "precision", "recall", "jaccard"] = "f1"
    repeats: bool = Field(default=False, description="Lists: an item said twice counts twice.")
    threshold: float = Field(default=1.0, ge=0, le=1, description="From which value on it passes.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.expected) == bool(self.expected_attribute):
            raise ValueError("give expected or expected_attribute, one of them")
        return self


def evaluate(transcript: Transcript, config: OverlapConfig) -> Verdict:
    wanted: list[str] = list(config.expected)
    if config.expected_attribute:
        said = transcript.run.attributes.get(config.expected_attribute)
        if said is None:
            return unknown(f"the run has no attribute {config.expected_attribute!r} that says what is right")
        wanted = items(said, split=config.split)
    pieces = config.pieces(transcript)
    if not pieces:
        return unknown(config.nothing())
    goal = _counted(wanted, repeats=config.repeats)
    if not goal:
        return unknown("nothing is expected")
    got = _counted([one for p in pieces for one in items(p.text, split=config.split)], repeats=config.repeats)
    value = _measure(goal, got, measure=config.measure)
    missing, extra = list(goal - got), list(got - goal)
    explanation = f"{config.measure} {value:.3f}"
    for word, which in (("missing", missing), ("not expected", extra)):
        if which:
            explanation += f"; {len(which)} {word}: {', '.join(repr(one[:60]) for one in which[:10])}"
    return graded(value, ok=value >= config.threshold, explanation=explanation)


def _counted(said: list[str], *, repeats: bool) -> Counter[str]:
    clean = [plain(one, ignore_case=True, ignore_space=True) for one in said]
    kept = [one for one in clean if one]
    return Counter(kept if repeats else set(kept))


def _measure(goal: Counter[str], got: Counter[str], *, measure: str) -> float:
    shared = (goal & got).total()
    if measure == "jaccard":
        return shared / (goal | got).total()
    precision = shared / got.total() if got else 0.0
    recall = shared / goal.total()
    if measure == "precision":
        return precision
    if measure == "recall":
        return recall
    return 2 * shared / (goal.total() + got.total())


def items(text: str, *, split: str) -> list[str]:
    """What a text lists, at most `ITEMS_READ`."""
    if split == "words":
        return _WORD.findall(text)[:ITEMS_READ]
    if split == "auto":
        listed: Any = loads_or_none(text.strip())
        if isinstance(listed, list):
            return [one if isinstance(one, str) else str(one) for one in listed][:ITEMS_READ]
    if split == "lines" or (split == "auto" and "\n" in text.strip()):
        lines = (_BULLET.sub("", line).strip() for line in text.splitlines())
        return [line for line in lines if line][:ITEMS_READ]
    return [part.strip() for part in text.split(",") if part.strip()][:ITEMS_READ]


EVALUATOR = Evaluator(
    name="overlap",
    title="Set and list overlap",
    description="F1, precision, recall or Jaccard index of the items a text lists against those expected.",
    config=OverlapConfig,
    evaluate=evaluate,
)
