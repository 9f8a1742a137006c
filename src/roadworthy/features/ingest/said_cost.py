"""What the sender itself says a model call cost: read from the attributes, which are kept as they came.

So it is there again whenever no price of ours holds any more. Sources: OpenInference semantic conventions
(`llm.cost.*`), LiteLLM (`gen_ai.cost.*`), OpenLIT, OpenRouter, any-agent (`gen_ai.usage.*cost`), Pydantic AI
(`operation.cost`), MLflow and Langfuse (JSON objects).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

_TOTALS = (
    "llm.cost.total",
    "gen_ai.cost.total_cost",
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "operation.cost",
)
_PAIRS = (
    ("llm.cost.prompt", "llm.cost.completion"),
    ("gen_ai.usage.input_cost", "gen_ai.usage.output_cost"),
)
_OBJECTS = (("langfuse.observation.cost_details", "total"), ("mlflow.llm.cost", "total_cost"))


def said_cost(attributes: Mapping[str, str]) -> float | None:
    """USD; None where nothing is said. A cost of 0 is nothing said: senders write it for models they do not
    know."""
    for key in _TOTALS:
        if key in attributes and (cost := _positive(attributes[key])) is not None:
            return cost
    for asked, answered in _PAIRS:
        parts = [_positive(attributes.get(key)) for key in (asked, answered)]
        known = [part for part in parts if part is not None]
        if known:
            return sum(known)
    for key, total in _OBJECTS:
        if key in attributes and (cost := _positive(_member(attributes[key], total))) is not None:
            return cost
    return None


def _member(text: str, name: str) -> Any:
    try:
        loaded = orjson.loads(text)
    except ValueError:
        return None
    return loaded.get(name) if isinstance(loaded, dict) else None


def _positive(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        cost = float(value)
    except (ValueError, OverflowError):
        return None
    return cost if math.isfinite(cost) and cost > 0 else None
