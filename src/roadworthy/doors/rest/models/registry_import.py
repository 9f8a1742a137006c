"""What the API says about agents and owners read from files."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.registry import FieldChangeView
from roadworthy.doors.rest.models.settings import Body
from roadworthy.features.registry.imports.formats import ImportFormat
from roadworthy.features.registry.imports.plan import Plan
from roadworthy.features.registry.imports.wish import LONGEST_TEXT, ImportOptions


class ImportBody(Body):
    format: ImportFormat
    text: str = Field(max_length=LONGEST_TEXT, description="The file")
    dry_run: bool = Field(default=True, description="Only shows what would change")
    partial: bool = Field(
        default=False, description="Takes what has no faults; else nothing is taken while there are some"
    )
    types: list[str] = Field(
        default_factory=list,
        max_length=50,
        description="backstage: values of spec.type that are agents, beside agent and ai-agent",
    )
    paths: dict[str, str] = Field(
        default_factory=dict,
        max_length=5_000,
        description="codeowners: where each agent lives in the repository, like agents/support/",
    )
    template: str = Field(
        default="",
        max_length=500,
        pattern=r"^$|\{agent\}",
        description="codeowners: where agents live, like agents/{agent}/",
    )
    dialect: Literal["", "github", "gitlab"] = Field(
        default="", description="codeowners; left out: gitlab where the file has sections"
    )


class PlannedChangeView(BaseModel):
    kind: Literal["agent", "team", "contact"]
    name: str
    action: Literal["added", "changed"]
    where: str = Field(description="Which place of the file says so")
    fields: list[FieldChangeView]


class ImportFaultView(BaseModel):
    where: str = Field(examples=["line 12"])
    field: str
    expected: str


class ImportView(BaseModel):
    applied: bool
    changes: list[PlannedChangeView]
    unchanged: int = Field(description="What the file says and is so already")
    faults: list[ImportFaultView]
    notes: list[str] = Field(description="Plain words about what was left out")


def options_of(body: ImportBody) -> ImportOptions:
    return ImportOptions(
        types=tuple(body.types), paths=body.paths, template=body.template, dialect=body.dialect
    )


def import_view(plan: Plan, *, applied: bool) -> ImportView:
    return ImportView(
        applied=applied,
        changes=[
            PlannedChangeView(
                kind=one.kind.value,  # type: ignore[arg-type]  # files hold these kinds alone
                name=one.name,
                action=one.action,  # type: ignore[arg-type]  # one of the two
                where=one.where,
                fields=[
                    FieldChangeView(field=each.field, before=each.before, after=each.after)
                    for each in one.fields
                ],
            )
            for one in plan.changes
        ],
        unchanged=plan.unchanged,
        faults=[
            ImportFaultView(where=one.where, field=one.field, expected=one.expected) for one in plan.faults
        ],
        notes=list(plan.notes),
    )
