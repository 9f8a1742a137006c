"""What is usual for an agent: what detectors of outliers compare a run with."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Quantiles of one figure over an agent's recent ended runs: (value at 0.5, at 0.75, at 0.99)."""

    n: int
    median: float
    p75: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """`figures` has duration_ns, total_tokens, cost_usd, model_calls and tool_calls as far as known; empty
    while the agent is too new to have anything usual."""

    figures: dict[str, Usual] = field(default_factory=dict)


NO_HISTORY = History()
