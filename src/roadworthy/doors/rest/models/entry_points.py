"""What the API says about how agents are started."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.settings import Body
from roadworthy.features.debug.inquiry import EntryPoint, Via

StartBy = Literal["command", "callable", "url"]


class EntryPointBody(Body):
    """How an agent is started for one task. Secrets belong into the environment of whoever starts it: what
    looks like one is refused."""

    via: StartBy = "command"
    command: str = Field(
        default="",
        max_length=4_000,
        description="As a shell would split it; {input} stands for the task, which also comes to its "
        "standard input and as ROADWORTHY_TASK",
    )
    callable: str = Field(default="", max_length=500, description="module:function of Python")
    python: str = Field(default="", max_length=1_000, description="The interpreter for callable")
    folder: str = Field(default="", max_length=4_000, description="Working directory")
    url: str = Field(default="", max_length=2_000, description="Of the agent's own endpoint")
    body: str = Field(default='{"input": "{input}"}', max_length=20_000, description="Of the POST to it")
    answer_field: str = Field(default="", max_length=200, description="Where in its answer the words are")
    timeout_s: float = Field(default=120, ge=1, le=3_600)


class EntryPointView(BaseModel):
    via: StartBy
    command: str | None
    callable: str | None
    python: str | None
    folder: str | None
    url: str | None
    body: str
    answer_field: str | None
    timeout_s: float


def entry_of(body: EntryPointBody) -> EntryPoint:
    return EntryPoint(**{**body.model_dump(), "via": Via(body.via)})


def entry_view(entry: EntryPoint) -> EntryPointView:
    return EntryPointView(
        via=entry.via.value,
        command=entry.command or None,
        callable=entry.callable or None,
        python=entry.python or None,
        folder=entry.folder or None,
        url=entry.url or None,
        body=entry.body,
        answer_field=entry.answer_field or None,
        timeout_s=entry.timeout_s,
    )
