"""Verdicts, and words on runs: outcomes and scores."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from starlette.responses import Response

from roadworthy.domain.failure_mode import MODES
from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.doors.rest.access import Asker, Principal, ReadProject, WritableProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.judge import (
    FailureModePage,
    VerdictView,
    calibration_view,
    contribution_view,
    failure_mode_view,
    finding_view,
    mode_word_view,
)
from roadworthy.doors.rest.models.scores import (
    NewOutcome,
    NewScore,
    ScoreView,
    evidence_of,
    said_view,
    score_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.features.judge.detectors.table import BY_NAME
from roadworthy.features.judge.mode_words import mode_words
from roadworthy.features.judge.outcomes import OUTCOME, resolve, said_of, says_an_outcome
from roadworthy.features.judge.said import NoSuchRun, TooManyWords
from roadworthy.features.judge.transcript import Transcript

router = Endpoints(tags=["judging"])

_OF_PEOPLE = ("reviewer", "user")
_LONGEST_WAIT_S = 30.0


@router.get("/runs/{run_id}/verdict", operation_id="getVerdict", response_model=VerdictView)
def get_verdict(ctx: Context, answer: Answering, project: ReadProject, run_id: str) -> Response:
    """Whether the run did its job, who says so, what detectors found and where, and how sure that is."""
    steps = ctx.observe.run_steps(project, run_id)
    if steps is None:
        raise not_found("run", name=run_id)
    run = steps.run
    scores = ctx.observe.scores_of(run)
    precedence = ctx.judge.judging.of(project).precedence
    said = said_of(steps.told, scores)
    model = ctx.judge.models.of(project, run.agent)
    estimate = model.predict(Transcript(run, steps.spans), run.findings) if run.judged else None
    word = resolve(said, precedence=precedence)
    return answer(
        VerdictView(
            run_id=run.id,
            judged=run.judged or None,
            p_failure=run.p_failure,
            calibration=calibration_view(estimate.calibration) if estimate else None,
            contributions=[contribution_view(one) for one in estimate.contributions] if estimate else [],
            outcome=word.outcome if word else Outcome.UNKNOWN,
            outcome_source=word.source if word else None,
            outcome_reason=(word.reason or None) if word else None,
            said=[said_view(one) for one in said],
            precedence=list(precedence),
            findings=[finding_view(one) for one in run.findings],
            modes=[mode_word_view(one) for one in mode_words(run.findings, scores)],
            scores=[score_view(score) for score in scores],
            first_suspicious_span_id=_first_suspicious(run, steps.spans),
        )
    )


def _first_suspicious(run: Run, spans: tuple[Span, ...]) -> str | None:
    """The earliest step that a finding which speaks for a failure points at; one that holds others, as the
    agent's own does, only where nothing points at any of these."""
    pointed = {
        evidence.span_id
        for finding in run.findings
        if (detector := BY_NAME.get(finding.detector)) is None or detector.suspicious
        for evidence in finding.evidence
    }
    parents = {span.span_id: span.parent_id for span in spans}
    holding: set[str] = set()
    for span_id in pointed:
        above = parents.get(span_id, "")
        while above and above not in holding:
            holding.add(above)
            above = parents.get(above, "")
    shown = [span.span_id for span in spans if span.span_id in pointed]
    return next((one for one in shown if one not in holding), shown[0] if shown else None)


@router.post("/runs/{run_id}/outcome", operation_id="sayOutcome", status_code=201)
async def say_outcome(
    ctx: Context, asker: Asker, project: WritableProject, run_id: str, body: NewOutcome
) -> ScoreView:
    """Says whether the run did its job. Durable once answered; what the same source said before is replaced,
    what others said is kept. A run that is not here yet: POST /api/v1/outcome-events waits for it."""
    if body.mode and body.outcome is not Outcome.FAILURE:
        raise bad_field("body.mode", "only a failure has a failure mode")
    return await _say(
        ctx,
        Score(
            project=project,
            run_id=run_id,
            name=OUTCOME,
            label=body.outcome.value,
            source=_source(asker, body.source),
            author=body.author or asker.name,
            explanation=body.reason,
            mode=body.mode,
        ),
    )


@router.post("/runs/{run_id}/scores", operation_id="sayScore", status_code=201)
async def say_score(
    ctx: Context, asker: Asker, project: WritableProject, run_id: str, body: NewScore
) -> ScoreView:
    """Puts a judgement on a run or one of its steps: a value in [0, 1], a label, or both. Durable once
    answered; the last word of a source, name, step and evaluator version counts."""
    if body.value is None and not body.label.strip():
        raise bad_field("body.value", "a score needs a value or a label")
    score = Score(
        project=project,
        run_id=run_id,
        span_id=body.span_id,
        name=body.name,
        value=body.value,
        label=body.label,
        source=_source(asker, body.source),
        author=body.author or asker.name,
        evaluator_version=body.evaluator_version,
        explanation=body.explanation,
        evidence=tuple(evidence_of(one) for one in body.evidence),
        mode=body.mode,
        cost_usd=body.cost_usd,
        sampled=body.sampled,
    )
    if score.name == OUTCOME and not says_an_outcome(score):
        raise bad_field("body.label", "an outcome is success, failure or unknown (or pass, fail, yes, no)")
    return await _say(ctx, score)


def _source(asker: Principal, wanted: str | None) -> str:
    """A key is a program: it cannot speak as a person."""
    if wanted is None:
        return "reviewer" if asker.kind == "person" else "api"
    if wanted in _OF_PEOPLE and asker.kind == "key":
        raise Problem(
            403,
            code="source_needs_person",
            title="Not allowed",
            detail=f"body.source: {wanted!r} is for people who are logged in (and feedback links); "
            "a key may say api, business, evaluator or judge.",
        )
    return wanted


async def _say(ctx: RestContext, score: Score) -> ScoreView:
    """Waits until it is durable, without holding a thread: a flood of words must not stop readers."""
    now = time.time_ns()
    try:
        written = ctx.judge.words.say(replace(score, at_ns=score.at_ns or now, version=now))
        async with asyncio.timeout(_LONGEST_WAIT_S):
            return score_view(await asyncio.wrap_future(written))
    except NoSuchRun:
        raise not_found("run", name=score.run_id) from None
    except (TooManyWords, TimeoutError) as busy:
        raise Problem(
            429,
            code="too_many_words",
            title="More is being said than can be written",
            detail=f"{busy}: try again in a second." if str(busy) else "Try again in a second.",
            headers={"Retry-After": str(TooManyWords.retry_after_s)},
        ) from None


@router.get("/failure-modes", operation_id="listFailureModes")
async def list_failure_modes() -> FailureModePage:
    """The taxonomy: MAST's fourteen modes, and ours where it has none."""
    return FailureModePage(items=[failure_mode_view(mode) for mode in MODES])
