"""What a bisect found, in fields and in sentences, and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

import orjson


class FindingState(StrEnum):
    SURE = "sure"
    UNSURE = "unsure"
    """The budget ran out before, or it is still going on."""
    NOT_A_STEP = "not_a_step"
    """Putting every step right does not help: the cause is not in the recorded calls."""
    CANNOT_TELL = "cannot_tell"
    """The failure does not come back, or reruns say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A rerun that is over."""

    number: int
    switch: int | None
    """None: nothing was put right."""
    only: bool
    passed: bool | None
    why: str = ""
    """Why it is not counted; "" where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    state: FindingState
    step: int | None
    """The likeliest step, also while unsure; None where it is none of them, or nothing is known."""
    confidence: float
    """Posterior probability of that step (of none of them where `not_a_step`)."""
    level: float
    """The confidence that was asked for."""
    mass: tuple[float, ...]
    """Posterior probability of 0 (none of the steps), 1, 2 ... n."""
    credible: tuple[int, ...]
    """The likeliest steps that together have `level` of the mass; 0 is none of them."""
    not_excluded: tuple[int, ...]
    """What holds whatever the agent's randomness: all but these are excluded at `level`."""
    tried: tuple[Tried, ...]
    confirmed: bool | None
    """Whether putting that step right by itself was enough; None where it was not, or could not be, tried."""
    pass_rate: float
    """Estimated share of reruns that pass where the step is put right."""
    false_pass_rate: float
    """... and where it is not."""
    reruns: int
    """That are over, those not counted among them."""
    calls: int
    """Really asked of models and systems."""
    usd: float
    sentences: tuple[str, ...]


def finding_json(finding: Finding) -> str:
    return orjson.dumps(asdict(finding)).decode()


def finding_of(text: str) -> Finding:
    """Of what `finding_json` wrote. ValueError of anything else."""
    try:
        fields = orjson.loads(text)
        tried = tuple(Tried(**one) for one in fields.pop("tried"))
        listed = {name: tuple(fields.pop(name)) for name in ("mass", "credible", "not_excluded", "sentences")}
        return Finding(**fields | listed | {"state": FindingState(fields["state"]), "tried": tried})
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"finding: no finding of a bisect: {fault}") from fault
