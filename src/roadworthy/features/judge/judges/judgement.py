"""What a model judge said of a run, with all that is needed to believe it or not."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.domain.finding import Evidence
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`value` in [0, 1], 1 being best; None with label "unknown" where no verdict could be had, and
    `explanation` says why; None with another label where the rubric gives that one no number."""

    judge: str
    """Id of the judge."""
    version: str
    """Of judge, rubric, model and parameters: `groundedness/1/5f2c0a9b1d3e`."""
    rubric: str
    rubric_version: int
    model: str
    """As answered; as asked where there was no answer."""
    value: float | None
    label: str
    mode: str = ""
    """Failure mode that the label names, "" for none."""
    explanation: str = ""
    evidence: tuple[Evidence, ...] = ()
    cost_usd: float | None = None
    """None where it is not known; 0 for a verdict from the cache."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    sampled: float | None = None
    """With what probability the run was drawn; None where it was not drawn by chance."""
    triggered_by: tuple[str, ...] = ()
    """Detectors that asked for it."""
    prompt_hash: str = ""
    cut: bool = False
    """Whether the run was too long to be shown whole."""
    cached: bool = False
    again: bool = False
    """Whether asking later may help: no budget left, endpoint away. Such a judgement is not worth keeping."""
    duration_ns: int = 0

    @property
    def monitor(self) -> bool:
        """Whether it may feed a monitor: only what was drawn by a known chance may."""
        return self.sampled is not None


def as_score(judgement: Judgement, *, run: Run, at_ns: int) -> Score:
    """The judgement as it is stored with the run."""
    return Score(
        project=run.project,
        trace_id=run.trace_ids[0] if run.trace_ids else "",
        run_id=run.id,
        name=judgement.judge,
        value=judgement.value,
        label=judgement.label,
        source="judge",
        author=judgement.model,
        evaluator_version=judgement.version,
        explanation=judgement.explanation,
        evidence=judgement.evidence,
        mode=judgement.mode,
        cost_usd=judgement.cost_usd,
        sampled=judgement.sampled,
        at_ns=at_ns,
    )
