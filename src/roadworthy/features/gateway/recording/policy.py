"""Which exchanges are recorded."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.exchange import Ending, Exchange


class Keep(StrEnum):
    ALL = "all"
    SAMPLED = "sampled"
    """A share of the runs, each whole: a run of which calls are missing cannot be replayed."""
    FAILURES = "failures"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPolicy:
    """Of a whole project, or of an agent or a route of it ("" is any). What is not recorded is still a row of
    the exchange log: what was asked when, how it ended and what it cost."""

    keep: Keep = Keep.ALL
    share: float = 1.0
    """In [0, 1], for SAMPLED."""
    seed: int = 0
    agent: str = ""
    target: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share: {self.share} is no share; expected 0 to 1")


KEEP_ALL = RecordingPolicy()


def policy_for(policies: Sequence[RecordingPolicy], exchange: Exchange) -> RecordingPolicy:
    """The one that names most of it (the route before the agent); all is kept where none fits."""
    fitting = [
        one for one in policies if one.agent in ("", exchange.agent) and one.target in ("", exchange.target)
    ]
    return max(fitting, key=lambda one: (bool(one.target), bool(one.agent)), default=KEEP_ALL)


def keeps(policy: RecordingPolicy, exchange: Exchange) -> bool:
    """Whether its recording is kept. Chance is drawn by run, and the same call always draws the same."""
    match policy.keep:
        case Keep.ALL:
            return True
        case Keep.NONE:
            return False
        case Keep.FAILURES:
            return failed(exchange)
        case Keep.SAMPLED:
            return _draw(policy.seed, exchange) < policy.share


def failed(exchange: Exchange) -> bool:
    """Anything one would want to look at: aborted and refused calls, broken contracts and drills included."""
    return (
        exchange.ending is not Ending.COMPLETE
        or exchange.failure is not None
        or bool(exchange.contract_findings or exchange.fault)
        or (exchange.status is not None and exchange.status >= 400)
    )


def _draw(seed: int, exchange: Exchange) -> float:
    """Uniform in [0, 1)."""
    bound = exchange.binding
    whole = bound.run_id or bound.trace_id or bound.session_id or exchange.id
    return zlib.crc32(f"{seed}:{exchange.project}:{whole}".encode()) / (1 << 32)
