"""Every evaluator, in one visible table. Adding one touches its own file, one line here and its test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadworthy.features.judge.evaluators import (
    contains,
    cost,
    exact,
    json_schema,
    latency,
    numeric,
    overlap,
    python,
    regex,
    similarity,
    trajectory,
)
from roadworthy.features.judge.evaluators.evaluator import ConfigInvalid, Evaluator, Ready

EVALUATORS: tuple[Evaluator, ...] = (
    exact.EVALUATOR,
    contains.EVALUATOR,
    regex.EVALUATOR,
    json_schema.EVALUATOR,
    numeric.EVALUATOR,
    overlap.EVALUATOR,
    similarity.EVALUATOR,
    trajectory.EVALUATOR,
    latency.EVALUATOR,
    cost.EVALUATOR,
    python.EVALUATOR,
)

BY_NAME: dict[str, Evaluator] = {evaluator.name: evaluator for evaluator in EVALUATORS}


def ready(kind: str, config: Mapping[str, Any]) -> Ready:
    """Of what a user gives. Raises `ConfigInvalid`, which names the field."""
    made = kept(kind, config)
    if made.evaluator.check is not None:
        made.evaluator.check(made.config)
    return made


def kept(kind: str, config: Mapping[str, Any]) -> Ready:
    """Of what stood `ready` when it was saved. Raises `ConfigInvalid` where another version saved it."""
    evaluator = BY_NAME.get(kind)
    if evaluator is None:
        raise ConfigInvalid("kind", expected=f"one of {', '.join(BY_NAME)}, not {kind!r}")
    return Ready(evaluator=evaluator, config=evaluator.parse(config))
