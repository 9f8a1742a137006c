"""What the API says about what inquiries found: one shape for each kind.

Findings are kept as they were written, by this version or an older one. What of one is missing or not
understood is read as what claims nothing, so that old inquiries stay readable.
"""

from __future__ import annotations

from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from roadworthy.features.debug.bisect.finding import FindingState
from roadworthy.features.debug.finding import RerunOutcome
from roadworthy.features.debug.inquiry import Inquiry, InquiryKind


class _Finding(BaseModel):
    # All fields are always told, so a client need not ask for each whether it is there.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    sentences: list[str] = Field(default=[], description="It in words, the answer first")


class ReplayFinding(_Finding):
    kind: Literal["replay"] = "replay"
    outcome: RerunOutcome = Field(
        default=RerunOutcome.CANNOT_TELL, description="Against the recorded run; the worst of its reruns"
    )
    outcomes: dict[str, int] = Field(default={}, description="How many reruns each")
    diverged_at: int | None = Field(default=None, description="The step where it first asked something else")
    diff: str = Field(default="", description="What it asked there against what was recorded")


class ForkFinding(_Finding):
    kind: Literal["fork"] = "fork"
    outcome: RerunOutcome = Field(
        default=RerunOutcome.CANNOT_TELL,
        description="Of the part that was to be as recorded: identical where that held",
    )
    passed: int = Field(default=0, description="Reruns that passed the check")
    failed: int = 0
    unknown: int = Field(default=0, description="Reruns without a check, or of which it could not say")
    as_recorded: int = Field(default=0, description="Reruns that ended with the recorded answer all the same")


class TriedRerun(BaseModel):
    """A rerun that a bisect has looked at."""

    number: int
    switch: int | None = Field(description="The first step put right; null: nothing was")
    only: bool = Field(description="That step alone was put right")
    passed: bool | None
    why: str = Field(description="Why it is not counted; empty where it is")


class BisectFinding(_Finding):
    kind: Literal["bisect"] = "bisect"
    state: FindingState = Field(
        default=FindingState.CANNOT_TELL,
        description="not_a_step: putting every step right does not help; cannot_tell: the failure does not "
        "come back, or reruns say nothing",
    )
    step: int | None = Field(default=None, description="The likeliest, also while unsure")
    confidence: float = Field(default=0.0, description="Posterior probability of that step")
    level: float = Field(default=0.9, description="The confidence that was asked for")
    mass: list[float] = Field(default=[], description="Posterior probability of no step, of step 1, 2 ... n")
    credible: list[int] = Field(
        default=[], description="The likeliest steps that together have `level` of the mass; 0: none of them"
    )
    not_excluded: list[int] = Field(
        default=[], description="All steps but these are excluded at `level`, however random the agent is"
    )
    tried: list[TriedRerun] = []
    confirmed: bool | None = Field(
        default=None, description="Whether that step put right by itself was enough; null: not tried"
    )
    pass_rate: float | None = Field(
        default=None, description="Estimated share of reruns that pass where the step is put right"
    )
    false_pass_rate: float | None = Field(default=None, description="... and where it is not")
    reruns: int = Field(default=0, description="That are over")
    calls: int = Field(default=0, description="Really asked of models and systems")
    usd: float = 0.0


InquiryFinding = Annotated[ReplayFinding | ForkFinding | BisectFinding, Field(discriminator="kind")]
_OF_KIND: dict[InquiryKind, type[ReplayFinding | ForkFinding | BisectFinding]] = {
    InquiryKind.REPLAY: ReplayFinding,
    InquiryKind.FORK: ForkFinding,
    InquiryKind.BISECT: BisectFinding,
}


def finding_view(inquiry: Inquiry) -> InquiryFinding | None:
    """None while nothing is found."""
    if not inquiry.finding:
        return None
    try:
        told = orjson.loads(inquiry.finding)
    except orjson.JSONDecodeError:
        told = None
    known = {**(told if isinstance(told, dict) else {}), "kind": inquiry.kind.value}
    noun = _OF_KIND[inquiry.kind]
    try:
        return noun.model_validate(known)
    except ValidationError as fault:
        strange = {one["loc"][0] for one in fault.errors()}
        return noun.model_validate({name: value for name, value in known.items() if name not in strange})
