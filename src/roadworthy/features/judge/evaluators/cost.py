"""The run was cheap enough."""

from __future__ import annotations

from pydantic import Field

from roadworthy.features.judge.evaluators.evaluator import Config, Evaluator, Verdict, unknown
from roadworthy.features.judge.evaluators.latency import check_zero, within
from roadworthy.features.judge.transcript import Transcript


class CostConfig(Config):
    limit_usd: float = Field(gt=0, description="As much as it may cost.")
    zero_at_usd: float | None = Field(
        default=None, gt=0, description="Where the value reaches 0; without it, it falls from 1 to 0 at once."
    )


def evaluate(transcript: Transcript, config: CostConfig) -> Verdict:
    cost = transcript.run.cost_usd
    if cost is None:
        return unknown("what the run cost is not known")
    return within(cost, limit=config.limit_usd, zero_at=config.zero_at_usd, said="{:.4g} USD")


def check(config: CostConfig) -> None:
    check_zero("zero_at_usd", config.zero_at_usd, limit=config.limit_usd)


EVALUATOR = Evaluator(
    name="cost",
    title="Cost",
    description="1 where the run cost no more than the limit; unknown where its cost is.",
    config=CostConfig,
    evaluate=evaluate,
    check=check,
)
