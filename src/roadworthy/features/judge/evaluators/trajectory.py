"""The agent called the tools it should have called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import orjson
import pyarrow as pa
from pydantic import Field, model_validator

from roadworthy.domain.finding import Evidence
from roadworthy.features.judge.evaluators.evaluator import Config, Evaluator, Verdict, graded
from roadworthy.features.judge.evaluators.pairing import in_order, pairs
from roadworthy.features.judge.evaluators.regex import first_match
from roadworthy.features.judge.transcript import ToolUse, Transcript

CALLS_READ = 2_000


class Expected(Config):
    tool: str = Field(min_length=1)
    arguments: dict[str, Any] | None = Field(default=None, description="None: any will do.")
    match: Literal["exact", "subset", "regex"] = Field(
        default="subset",
        description="exact: these and no others; subset: these among others; regex: RE2 patterns, matched "
        "with the whole value as text.",
    )

    @model_validator(mode="after")
    def _patterns(self) -> Self:
        if self.match == "regex":
            for name, pattern in (self.arguments or {}).items():
                if not isinstance(pattern, str):
                    raise ValueError(f"arguments.{name} must be a pattern, as match is regex")
                try:
                    first_match(pattern, "")
                except (pa.ArrowInvalid, UnicodeEncodeError) as refused:
                    raise ValueError(f"arguments.{name} is no pattern of RE2: {refused}") from None
        return self

    def accepts(self, used: ToolUse) -> bool:
        if used.name != self.tool:
            return False
        if self.arguments is None:
            return True
        given = used.parsed_arguments()
        if not isinstance(given, dict):
            return given is None and not used.arguments and not self.arguments
        if self.match == "exact":
            return _same(given, self.arguments)
        if self.match == "subset":
            return _holds(given, self.arguments)
        return all(
            name in given and first_match(rf"(?s)\A(?:{pattern})\z", _text(given[name])) is not None
            for name, pattern in self.arguments.items()
        )


class TrajectoryConfig(Config):
    expected: tuple[Expected, ...] = Field(min_length=1, max_length=200)
    order: Literal["strict", "order", "unordered", "subset", "superset"] = Field(
        default="order",
        description="strict: these calls, in this order, no others; order: these in this order, others "
        "between them; unordered: these and no others; subset: no others than these; superset: these "
        "and any others, in any order.",
    )
    failed_calls: bool = Field(default=False, description="Whether calls that failed count as made.")


def evaluate(transcript: Transcript, config: TrajectoryConfig) -> Verdict:
    made = [used for used in transcript.tools if config.failed_calls or not used.failed]
    made = made[:CALLS_READ]
    matrix = [[one.accepts(used) for used in made] for one in config.expected]
    matched = in_order(matrix) if config.order in ("strict", "order") else pairs(matrix)
    missing = [one.tool for one, at in zip(config.expected, matched, strict=True) if at is None]
    taken = {at for at in matched if at is not None}
    extra = [at for at in range(len(made)) if at not in taken]
    if config.order == "subset":
        missing = []
    elif config.order in ("order", "superset"):
        extra = []
    ok = not missing and not extra
    calls = len(made) if config.order == "subset" else max(len(config.expected), len(taken) + len(extra))
    share = len(taken) / calls if calls else 1.0
    return graded(
        1.0 if ok else min(share, 0.99),
        ok=ok,
        explanation=_told(missing, [made[at] for at in extra]),
        evidence=tuple(_evidence(made[at]) for at in extra[:5]),
    )


def _told(missing: Sequence[str], extra: Sequence[ToolUse]) -> str:
    said = []
    if missing:
        said.append(f"not called as expected: {', '.join(missing[:20])}")
    if extra:
        said.append(f"called without being expected: {', '.join(used.name for used in extra[:20])}")
    return "; ".join(said)


def _evidence(used: ToolUse) -> Evidence:
    return Evidence(span_id=used.span_id, place="input", excerpt=used.arguments[:240])


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def _holds(given: Any, wanted: Any) -> bool:
    """Objects may have more keys than wanted, at any depth."""
    if isinstance(given, dict) and isinstance(wanted, dict):
        return all(key in given and _holds(given[key], value) for key, value in wanted.items())
    return _same(given, wanted)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


EVALUATOR = Evaluator(
    name="trajectory",
    title="Tool calls as expected",
    description="1 where the tools were called as expected, with arguments as expected; else the share of "
    "calls that were.",
    config=TrajectoryConfig,
    evaluate=evaluate,
)
