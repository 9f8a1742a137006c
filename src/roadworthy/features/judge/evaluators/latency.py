"""The run was fast enough."""

from __future__ import annotations

from pydantic import Field

from roadworthy.features.judge.evaluators.evaluator import (
    Config,
    ConfigInvalid,
    Evaluator,
    Verdict,
    graded,
    unknown,
)
from roadworthy.features.judge.transcript import Transcript


class LatencyConfig(Config):
    limit_ms: float = Field(gt=0, description="As long as it may take.")
    zero_at_ms: float | None = Field(
        default=None, gt=0, description="Where the value reaches 0; without it, it falls from 1 to 0 at once."
    )
    tool: str = Field(default="", description="The slowest call of this tool instead of the whole run.")


def evaluate(transcript: Transcript, config: LatencyConfig) -> Verdict:
    took_ns: int | None
    if config.tool:
        calls = [u for u in transcript.tools if u.name == config.tool and u.end_ns >= u.start_ns > 0]
        took_ns = max((used.end_ns - used.start_ns for used in calls), default=None)
        missing = f"no ended call of tool {config.tool!r}"
    else:
        took_ns = transcript.run.duration_ns
        missing = "the run has not ended, or its times are missing"
    if took_ns is None or took_ns < 0:
        return unknown(missing)
    return within(took_ns / 1e6, limit=config.limit_ms, zero_at=config.zero_at_ms, said="{:.6g} ms")


def check(config: LatencyConfig) -> None:
    check_zero("zero_at_ms", config.zero_at_ms, limit=config.limit_ms)


def check_zero(field: str, zero_at: float | None, *, limit: float) -> None:
    """Raises `ConfigInvalid` where the value could not fall from the limit on."""
    if zero_at is not None and zero_at <= limit:
        raise ConfigInvalid(field, expected=f"more than the limit of {limit:g}, or none")


def within(value: float, *, limit: float, zero_at: float | None, said: str) -> Verdict:
    """1 up to the limit, from there falling to 0 at `zero_at`."""
    ok = value <= limit
    left = 1.0 if ok else 0.0
    if not ok and zero_at is not None and zero_at > limit:
        left = (zero_at - value) / (zero_at - limit)
    return graded(left, ok=ok, explanation=f"{said.format(value)}, limit {said.format(limit)}")


EVALUATOR = Evaluator(
    name="latency",
    title="Latency",
    description="1 where the run, or every call of a tool, took no longer than the limit.",
    config=LatencyConfig,
    evaluate=evaluate,
    check=check,
)
