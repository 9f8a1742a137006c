"""What the API says about cases: runs that an agent is held to, offline."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.entry_points import EntryPointBody, EntryPointView, entry_of, entry_view
from roadworthy.doors.rest.models.inquiries import (
    AnswerCheckBody,
    TapeChangeBody,
    change_of,
    check_of,
)
from roadworthy.doors.rest.models.reruns import AnswerCheck
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.debug.cases.case import Calls
from roadworthy.features.debug.cases.making import MOST_NAME, CaseDraft
from roadworthy.features.debug.cases.service import KeptCase

_CALLS = (
    "strict: the recorded ones to the letter; same_calls: the recorded ones, dates in them may differ; "
    "answer: any, the answer alone counts"
)


class NewCase(Body):
    """A run as a test of its agent. All is left to the run where nothing is given."""

    name: str = Field(default="", max_length=MOST_NAME, description="Left out: the first words of the task")
    input: str = Field(default="", max_length=100_000, description="Left out: what the run was asked")
    expected: str = Field(
        default="",
        max_length=20_000,
        description="What the agent is to answer: held against as a number where it is one, else contained. "
        "Left out without a check: as the run answered",
    )
    check: AnswerCheckBody | None = Field(
        default=None, description="Another way to decide; no evaluator, for a case runs without the server"
    )
    calls: Calls = Field(default=Calls.SAME_CALLS, description=_CALLS)
    expect_failure: bool = Field(
        default=False, description="The agent is known not to pass yet: the case fails the day it does"
    )
    changes: list[TapeChangeBody] = Field(
        default=[], max_length=50, description="What is put right: answer, result, error or forbid"
    )
    good_run: str = Field(
        default="", max_length=200, description="A run that went well, whose answers come first"
    )
    entry: EntryPointBody | None = Field(
        default=None, description="Left out: the registered one, where there is one"
    )


class CaseView(BaseModel):
    id: str
    name: str
    agent: str
    run_id: str
    good_run: str | None
    input: str
    check: AnswerCheck
    calls: Calls
    expect_failure: bool
    changed_steps: list[int] = Field(description="Steps that are put right")
    recorded_passes: bool | None = Field(
        description="Whether the run's own answer passes; null: the check needs its command to say"
    )
    steps: int
    entry: EntryPointView | None = Field(description="How the agent is started, where the case says it")
    file_name: str
    digest: str = Field(description="Of the file, as in its first line")
    bytes: int
    created_at: str
    created_by: str | None


class CasePage(BaseModel):
    items: list[CaseView]


def draft_of(body: NewCase) -> CaseDraft:
    return CaseDraft(
        name=body.name,
        input=body.input,
        expected=body.expected,
        check=check_of(body.check),
        calls=body.calls,
        expect_failure=body.expect_failure,
        changes=tuple(change_of(one) for one in body.changes),
        entry=entry_of(body.entry) if body.entry is not None else None,
    )


def case_view(kept: KeptCase) -> CaseView:
    return CaseView(
        id=kept.id,
        name=kept.name,
        agent=kept.agent,
        run_id=kept.run_id,
        good_run=text(kept.good_run),
        input=kept.input,
        check=AnswerCheck(how=kept.how, expected=kept.expected),
        calls=Calls(kept.calls),
        expect_failure=kept.expect_failure,
        changed_steps=list(kept.changed_steps),
        recorded_passes=kept.recorded_passes,
        steps=kept.steps,
        entry=entry_view(kept.entry) if kept.entry is not None else None,
        file_name=kept.file_name,
        digest=kept.digest,
        bytes=kept.size,
        created_at=rfc3339(kept.created_ns),
        created_by=text(kept.created_by),
    )
