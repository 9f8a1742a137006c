"""What the API says about issues."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.domain.failure_mode import BY_ID
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.judge.issue_book import IssueState
from roadworthy.features.judge.issue_history import IssueDeed, IssueStep
from roadworthy.features.judge.issue_list import IssueRow


class IssueReleaseView(BaseModel):
    release: str
    runs: int


class IssueBucketView(BaseModel):
    start: str
    runs: int


class IssueView(BaseModel):
    """Runs of one agent that fail the same way. Counts are of the time that was asked for."""

    id: str
    title: str
    state: IssueState
    assignee: str | None
    agent: str | None
    mode: str | None
    mode_name: str | None
    detector: str = Field(
        description="Detector that found it, or error (runs that ended with one), said (runs somebody called "
        "a failure), suspected (runs only the model suspects)"
    )
    tool: str | None
    error_shape: str | None = Field(description="The error without numbers, ids and names")
    cluster: str | None = Field(description="Telling words of the texts it gathers")
    runs: int
    runs_24h: int
    first_seen: str
    last_seen: str | None
    releases: list[IssueReleaseView] = Field(description="Most runs first")
    spark: list[IssueBucketView]
    muted_until: str | None
    resolved_at: str | None
    resolved_in_release: str | None
    changed_by: str | None
    regressed_at: str | None = Field(description="Filled while it stands as regressed")
    regressed_in_release: str | None
    regressed_run_id: str | None
    history: list[IssueStepView] = Field(description="Newest first; filled where one issue was asked for")
    representative_run_ids: list[str] = Field(description="Filled where one issue was asked for")


class IssueStepView(BaseModel):
    """One thing that happened to an issue."""

    deed: IssueDeed
    at: str
    by: str | None = Field(description="Person or key; null where nobody did it")
    reason: str | None
    to: str | None = Field(description="Of assigned: to whom; null for nobody")
    until: str | None = Field(description="Of muted; null for no end")
    release: str | None = Field(description="In which it was first seen, resolved or came back")
    run_id: str | None = Field(description="Of first_seen and regressed: the run that showed it")


class IssuePage(BaseModel):
    items: list[IssueView]
    next_cursor: str | None


class IssueChange(Body):
    """What is left out stays as it is."""

    state: IssueState | None = Field(default=None, description="open, muted or resolved")
    assignee: str | None = Field(default=None, max_length=200, description='"" for nobody')
    mute_until: str | None = Field(
        default=None, max_length=40, description="With state muted; RFC 3339 or +7d"
    )
    resolved_in_release: str | None = Field(
        default=None, max_length=200, description="With state resolved: only this release can bring it back"
    )
    reason: str = Field(default="", max_length=1000, description="Why; kept in the history")


def issue_view(row: IssueRow, *, representatives: list[str] | None = None) -> IssueView:
    issue = row.issue
    back = issue.regression
    whole = representatives is not None
    releases = sorted(row.releases.items(), key=lambda one: (-one[1], one[0]))
    return IssueView(
        id=issue.id,
        title=issue.title,
        state=issue.state,
        assignee=text(issue.assignee),
        agent=text(issue.agent),
        mode=text(issue.mode),
        mode_name=BY_ID[issue.mode].name if issue.mode in BY_ID else None,
        detector=issue.detector,
        tool=text(issue.tool),
        error_shape=text(issue.shape),
        cluster=text(issue.cluster),
        runs=row.runs,
        runs_24h=row.runs_last_day,
        first_seen=rfc3339(issue.first_seen_ns),
        last_seen=rfc3339_or_none(row.last_seen_ns),
        releases=[IssueReleaseView(release=name, runs=runs) for name, runs in releases],
        spark=[IssueBucketView(start=rfc3339(one.start_ns), runs=one.runs) for one in row.spark],
        muted_until=rfc3339_or_none(issue.muted_until_ns),
        resolved_at=rfc3339_or_none(issue.resolved_ns),
        resolved_in_release=text(issue.resolved_in_release),
        changed_by=text(issue.changed_by),
        regressed_at=rfc3339(back.at_ns) if back else None,
        regressed_in_release=text(back.release) if back else None,
        regressed_run_id=text(back.run_id) if back else None,
        history=[_step_view(one) for one in reversed(issue.history)] if whole else [],
        representative_run_ids=representatives or [],
    )


def _step_view(step: IssueStep) -> IssueStepView:
    return IssueStepView(
        deed=step.deed,
        at=rfc3339(step.at_ns),
        by=text(step.by),
        reason=text(step.reason),
        to=text(step.to),
        until=rfc3339_or_none(step.until_ns),
        release=text(step.release),
        run_id=text(step.run_id),
    )
