"""What the API says about channels, deliveries and silences. Secrets go in and never come out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from roadworthy.contracts.notifier import NotifierKind
from roadworthy.domain.notification import Channel, ChannelKind, Delivery, DeliveryState, Happening
from roadworthy.domain.silence import MatchOp, Silence
from roadworthy.doors.rest.models.incidents import TIME
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none

_Value = Annotated[str, StringConstraints(max_length=4_000)]


class ChannelFieldView(BaseModel):
    name: str
    title: str
    help: str
    required: bool
    secret: bool = Field(description="Goes into `secrets`; sealed, never shown")
    default: str | None
    choices: list[str]


class ChannelKindView(BaseModel):
    kind: ChannelKind
    title: str
    fields: list[ChannelFieldView]


class ChannelKindPage(BaseModel):
    items: list[ChannelKindView]
    next_cursor: None = None


class ChannelBody(Body):
    """`settings` and `secrets`: the fields of its kind, GET /api/v1/channel-kinds."""

    name: str = Field(min_length=1, max_length=100)
    kind: ChannelKind
    settings: dict[str, _Value] = Field(default_factory=dict, max_length=20)
    secrets: dict[str, _Value | None] = Field(
        default_factory=dict, max_length=20, description='Left out or null: as it is; "": taken away'
    )
    enabled: bool = True
    default: bool = Field(
        default=False, description="Told where an agent has nobody on call who can be reached"
    )
    per_minute: int | None = Field(
        default=None,
        ge=1,
        le=6_000,
        description="More than that goes as one digest; null: as its kind has it",
    )


class ChannelView(BaseModel):
    id: str
    name: str
    kind: ChannelKind
    settings: dict[str, str]
    secrets: list[str] = Field(description="Names of the secrets that are set")
    enabled: bool
    default: bool
    per_minute: int
    updated_at: str


class ChannelPage(BaseModel):
    items: list[ChannelView]
    next_cursor: None = None


class AttemptView(BaseModel):
    at: str
    ok: bool
    said: str = Field(description="What the receiver answered, or what went wrong")
    seconds: float


class DeliveryView(BaseModel):
    id: str
    channel_id: str
    channel: str
    state: DeliveryState
    happening: Happening
    incident_id: str | None
    number: int | None
    title: str
    whom: str | None
    incidents: int = Field(description="How many it stands for; more than 1 in a digest")
    folded_into: str | None = Field(description="Id of the digest that said it")
    tries: int
    attempts: list[AttemptView]
    created_at: str
    due_at: str | None = Field(description="When it is tried next")


class DeliveryPage(BaseModel):
    items: list[DeliveryView]
    next_cursor: str | None


class MatcherBody(Body):
    field: str = Field(max_length=200, examples=["agent", "severity", "facts.model"])
    op: MatchOp = Field(default=MatchOp.IS, description="= is, != is not, ~ like (with * and ?)")
    value: str = Field(max_length=500)


class SilenceBody(Body):
    """Alarms that every matcher fits tell nobody; they are recorded and shown all the same."""

    matchers: list[MatcherBody] = Field(max_length=20)
    start: str = Field(default="now", max_length=40, description=TIME)
    end: str = Field(max_length=40, description=f"{TIME}; or a length from the start on: +2h, +7d")
    reason: str = Field(max_length=1_000)
    maintenance: bool = Field(default=False, description="Planned beforehand")


class SilenceView(BaseModel):
    id: str
    matchers: list[MatcherBody]
    start: str
    end: str
    active: bool
    reason: str
    by: str
    maintenance: bool
    alarms: int = Field(description="Alarms it has covered")
    created_at: str | None


class SilencePage(BaseModel):
    items: list[SilenceView]
    next_cursor: None = None


def kind_view(kind: NotifierKind) -> ChannelKindView:
    fields = [
        ChannelFieldView(
            name=one.name,
            title=one.title,
            help=one.help,
            required=one.required,
            secret=one.secret,
            default=text(one.default),
            choices=list(one.choices),
        )
        for one in kind.fields
    ]
    return ChannelKindView(kind=kind.kind, title=kind.title, fields=fields)


def channel_view(one: Channel) -> ChannelView:
    return ChannelView(
        id=one.id,
        name=one.name,
        kind=one.kind,
        settings=one.settings,
        secrets=sorted(one.sealed),
        enabled=one.enabled,
        default=one.default,
        per_minute=one.per_minute,
        updated_at=rfc3339(one.updated_ns),
    )


def delivery_view(one: Delivery) -> DeliveryView:
    said = one.notification
    return DeliveryView(
        id=one.id,
        channel_id=one.channel_id,
        channel=one.channel_name,
        state=one.state,
        happening=said.happening,
        incident_id=text(said.incident_id),
        number=said.number or None,
        title=said.title,
        whom=text(one.whom),
        incidents=int(said.facts.get("incidents", "1")) if said.digest else 1,
        folded_into=text(one.folded_into),
        tries=one.tries,
        attempts=[
            AttemptView(at=rfc3339(try_.at_ns), ok=try_.ok, said=try_.said, seconds=try_.seconds)
            for try_ in one.attempts
        ],
        created_at=rfc3339(one.created_ns),
        due_at=rfc3339_or_none(one.due_ns) if one.state is DeliveryState.PENDING else None,
    )


def silence_view(one: Silence, *, now_ns: int, alarms: int) -> SilenceView:
    return SilenceView(
        id=one.id,
        matchers=[MatcherBody(field=m.field, op=m.op, value=m.value) for m in one.matchers],
        start=rfc3339(one.start_ns),
        end=rfc3339(one.end_ns),
        active=one.start_ns <= now_ns < one.end_ns,
        reason=one.reason,
        by=one.by,
        maintenance=one.maintenance,
        alarms=alarms,
        created_at=rfc3339_or_none(one.created_ns),
    )
