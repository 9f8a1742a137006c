"""What an evaluator is: code that looks at one run and says how good something about it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from roadworthy.domain.finding import Evidence
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.features.judge.transcript import Transcript

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
EXPLANATION = 2_000
"""Characters kept of an explanation."""


class Config(BaseModel):
    """What a user may set of an evaluator. Unknown fields are refused: a typing error must not be silent."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`value` lies in [0, 1], 1 being best; None where it cannot be said: `label` is then "unknown" or the
    label of an evaluator that gives no number, and `explanation` says why."""

    value: float | None
    label: str = ""
    explanation: str = ""
    evidence: tuple[Evidence, ...] = ()
    printed: str = ""
    """What a user's function printed, masked: for the test bench, and not stored."""


Evaluate = Callable[[Transcript, Any], Verdict]
"""Pure and deterministic; never raises on anything a transcript can hold. Its second argument is the
evaluator's own kind of `Config`."""


class ConfigInvalid(ValueError):  # noqa: N818 (the caller's mistake, not a bug)
    """`field` is the dotted path of what is wrong ("" for the whole), `expected` says what would be right."""

    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: {expected}" if field else expected)
        self.field = field
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """`name` is its module's; `version` rises when it would say something else about the same run."""

    name: str
    title: str
    description: str
    """What 1 means and when it is unknown, in a sentence or two."""
    config: type[Config]
    evaluate: Evaluate
    check: Callable[[Any], None] | None = None
    """What a configuration must stand before it is saved, and is not asked again when it is read back: too
    dear, or another answer another day. Raises `ConfigInvalid`."""
    version: int = 1

    def parse(self, given: Mapping[str, Any]) -> Config:
        """Raises `ConfigInvalid` for the first thing that is wrong."""
        return parse_config(self.config, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An evaluator with its configuration: what a project keeps under a name and runs."""

    evaluator: Evaluator
    config: Config

    @property
    def version(self) -> str:
        """Changes with the evaluator and with its configuration: `exact/1/5f2c0a9b1d3e`."""
        return version_of(self.evaluator.name, self.evaluator.version, self.config)

    def evaluate(self, transcript: Transcript) -> Verdict:
        return self.evaluator.evaluate(transcript, self.config)


def parse_config(config: type[Config], given: Mapping[str, Any]) -> Config:
    """Raises `ConfigInvalid` for the first thing that is wrong."""
    try:
        return config.model_validate(dict(given))
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_context=False)
        # A misspelt field first: that the right one is missing follows from it.
        first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
        said = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            there = f"; there are {', '.join(config.model_fields)}" if len(first["loc"]) == 1 else ""
            said = f"no such field{there}"
        raise ConfigInvalid(".".join(str(part) for part in first["loc"]), expected=said) from None


def version_of(name: str, version: int, config: BaseModel) -> str:
    body = orjson.dumps(config.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return f"{name}/{version}/{hashlib.sha256(body).hexdigest()[:12]}"


def passed(*, ok: bool, explanation: str = "", evidence: tuple[Evidence, ...] = ()) -> Verdict:
    return graded(1.0 if ok else 0.0, ok=ok, explanation=explanation, evidence=evidence)


def graded(value: float, *, ok: bool, explanation: str = "", evidence: tuple[Evidence, ...] = ()) -> Verdict:
    return Verdict(
        value=min(1.0, max(0.0, value)),
        label=PASS if ok else FAIL,
        explanation=explanation[:EXPLANATION],
        evidence=evidence,
    )


def unknown(explanation: str) -> Verdict:
    return Verdict(value=None, label=UNKNOWN, explanation=explanation[:EXPLANATION])


def as_score(verdict: Verdict, *, run: Run, name: str, version: str, at_ns: int) -> Score:
    """The verdict as it is stored with the run. Code looks at every run: it is drawn with
    probability 1."""
    return Score(
        project=run.project,
        trace_id=run.trace_ids[0] if run.trace_ids else "",
        run_id=run.id,
        name=name,
        value=verdict.value,
        label=verdict.label,
        source="evaluator",
        evaluator_version=version,
        explanation=verdict.explanation,
        evidence=verdict.evidence,
        sampled=1.0,
        at_ns=at_ns,
    )
