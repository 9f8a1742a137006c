"""What the API says about on-call schedules, their shifts, and escalation policies."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.domain.escalation_policy import EscalationPolicy, PolicyLevel, Target, TargetKind
from roadworthy.domain.on_call import OnCall, Responder
from roadworthy.domain.schedule import Layer, Override, Schedule, Shift, Turn, Weekday, Window
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.registry.schedule_view import ScheduleView as Seen

_Clock = Field(max_length=5, examples=["09:00"])


class WindowBody(Body):
    """On these days from start to end, local time; an end at or before the start is that of the next day."""

    days: list[Weekday] = Field(min_length=1, max_length=7)
    start: str = _Clock
    end: str = Field(max_length=5, description="Up to 24:00", examples=["24:00"])


class LayerBody(Body):
    name: str = Field(min_length=1, max_length=100)
    people: list[str] = Field(min_length=1, max_length=200, description="Contacts, in the order of turns")
    starts_on: str = Field(
        max_length=10, description="YYYY-MM-DD: the first turn begins at its hand-over time"
    )
    ends_on: str = Field(default="", max_length=10, description="YYYY-MM-DD; empty for never")
    turn: Turn = Turn.WEEK
    every: int = Field(default=1, ge=1, le=366, description="How many days or weeks a turn lasts")
    hand_over_weekday: Weekday = Field(default=Weekday.MONDAY, description="Of turns counted in weeks")
    hand_over_time: str = Field(default="09:00", max_length=5, description="HH:MM, local time")
    windows: list[WindowBody] = Field(
        default_factory=list, max_length=50, description="When the layer holds at all; none: always"
    )


class ScheduleBody(Body):
    """Of several layers that have somebody at a time the first listed counts; an override before them all."""

    title: str = Field(default="", max_length=200)
    time_zone: str = Field(default="UTC", max_length=100, description="IANA name", examples=["Europe/Berlin"])
    layers: list[LayerBody] = Field(default_factory=list, max_length=20)


class ShiftView(BaseModel):
    start: str
    end: str
    person: str | None = Field(description="null: nobody, a gap")
    layer: str | None
    override: str | None = Field(description="Id of the override it comes from")
    instead_of: str | None = Field(description="Whose turn it would be, had they not left")


class GapView(BaseModel):
    start: str
    end: str
    words: str = Field(examples=["nobody on Sunday 2026-11-29 02:00 to 04:00 (Europe/Berlin)"])


class ShiftsView(BaseModel):
    """Shifts tile the time exactly: what nobody covers is a shift without a person, and listed in `gaps`."""

    from_: str = Field(serialization_alias="from")
    to: str
    time_zone: str
    shifts: list[ShiftView]
    gaps: list[GapView]
    warnings: list[str] = Field(description="Who left and who takes over, who cannot be reached")


class OverrideBody(Body):
    person: str = Field(min_length=1, max_length=100, description="Name of a contact")
    start: str = Field(max_length=40, description="RFC 3339 or Unix ms")
    end: str = Field(max_length=40, description="Not included; at most 366 days later")
    reason: str = Field(default="", max_length=500)


class OverrideView(BaseModel):
    id: str
    schedule: str
    person: str
    start: str
    end: str
    reason: str
    updated_at: str
    updated_by: str


class ScheduleView(ScheduleBody):
    name: str
    now: ShiftView = Field(description="Who is on call now, until when; cut two weeks ahead")
    next: ShiftView | None = Field(description="Who comes after")
    gaps: list[GapView] = Field(description="In the next four weeks")
    warnings: list[str]
    overrides: list[OverrideView] = Field(description="Those that are not over yet")
    used_in: list[str] = Field(description="What names it: agents, teams, policies")
    updated_at: str
    updated_by: str
    version: str


class SchedulePage(BaseModel):
    items: list[ScheduleView]
    next_cursor: None = None


class TargetBody(Body):
    kind: TargetKind
    name: str = Field(
        default="",
        max_length=200,
        description="Of the schedule, contact or team, id of the channel. Empty: the agent's own schedule, "
        "owner or team",
    )


class LevelBody(Body):
    targets: list[TargetBody] = Field(min_length=1, max_length=20)
    timeout_seconds: int = Field(default=900, ge=30, le=86_400)


class PolicyBody(Body):
    title: str = Field(default="", max_length=200)
    levels: list[LevelBody] = Field(min_length=1, max_length=20)
    repeat: int = Field(
        default=0, ge=0, le=20, description="How many times all levels are gone through again"
    )
    default: bool = Field(default=False, description="For agents without one of their own; one at most")


class PolicyView(PolicyBody):
    name: str
    used_in: list[str] = Field(description="Agents that name it")
    updated_at: str
    updated_by: str
    version: str


class PolicyPage(BaseModel):
    items: list[PolicyView]
    next_cursor: None = None


class ResponderView(BaseModel):
    """A person, or a channel that is not a person's."""

    person: str | None
    channel: str | None
    channels: list[str]
    email: str | None
    why: str


class OnCallLevelView(BaseModel):
    number: int
    responders: list[ResponderView]
    timeout_seconds: float


class OnCallView(BaseModel):
    agent: str
    at: str
    team: str | None
    owner: str | None
    runbook: str | None
    tier: str | None
    levels: list[OnCallLevelView] = Field(description="Only levels that reach somebody")
    repeat: int
    gap: str | None = Field(description="Plain words: where nobody was found; null: everywhere somebody")


def schedule_of(body: ScheduleBody, *, project: str, name: str) -> Schedule:
    return Schedule(
        project=project,
        name=name,
        title=body.title,
        time_zone=body.time_zone,
        layers=tuple(_layer(one) for one in body.layers),
    )


def _layer(body: LayerBody) -> Layer:
    return Layer(
        name=body.name,
        people=tuple(body.people),
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        turn=body.turn,
        every=body.every,
        hand_over_weekday=body.hand_over_weekday,
        hand_over_time=body.hand_over_time,
        windows=tuple(Window(days=tuple(one.days), start=one.start, end=one.end) for one in body.windows),
    )


def policy_of(body: PolicyBody, *, project: str, name: str) -> EscalationPolicy:
    return EscalationPolicy(
        project=project,
        name=name,
        title=body.title,
        levels=tuple(
            PolicyLevel(
                targets=tuple(Target(kind=one.kind, name=one.name) for one in level.targets),
                timeout_seconds=level.timeout_seconds,
            )
            for level in body.levels
        ),
        repeat=body.repeat,
        default=body.default,
    )


def shift_view(shift: Shift) -> ShiftView:
    return ShiftView(
        start=rfc3339(shift.start_ns),
        end=rfc3339(shift.end_ns),
        person=shift.person or None,
        layer=shift.layer or None,
        override=shift.override or None,
        instead_of=shift.instead_of or None,
    )


def gap_views(seen: Seen) -> list[GapView]:
    return [
        GapView(start=rfc3339(one.start_ns), end=rfc3339(one.end_ns), words=one.words) for one in seen.gaps
    ]


def override_view(override: Override) -> OverrideView:
    return OverrideView(
        id=override.id,
        schedule=override.schedule,
        person=override.person,
        start=rfc3339(override.start_ns),
        end=rfc3339(override.end_ns),
        reason=override.reason,
        updated_at=rfc3339(override.updated_ns),
        updated_by=override.updated_by,
    )


def schedule_view(
    schedule: Schedule, *, seen: Seen, overrides: list[Override], used_in: list[str]
) -> ScheduleView:
    """`seen` begins now."""
    return ScheduleView(
        name=schedule.name,
        title=schedule.title,
        time_zone=schedule.time_zone,
        layers=[_layer_body(one) for one in schedule.layers],
        now=shift_view(seen.shifts[0]),
        next=shift_view(seen.shifts[1]) if len(seen.shifts) > 1 else None,
        gaps=gap_views(seen),
        warnings=list(seen.warnings),
        overrides=[override_view(one) for one in overrides],
        used_in=used_in,
        updated_at=rfc3339(schedule.updated_ns),
        updated_by=schedule.updated_by,
        version=str(schedule.updated_ns),
    )


def _layer_body(layer: Layer) -> LayerBody:
    return LayerBody(
        name=layer.name,
        people=list(layer.people),
        starts_on=layer.starts_on,
        ends_on=layer.ends_on,
        turn=layer.turn,
        every=layer.every,
        hand_over_weekday=layer.hand_over_weekday,
        hand_over_time=layer.hand_over_time,
        windows=[WindowBody(days=list(one.days), start=one.start, end=one.end) for one in layer.windows],
    )


def policy_view(policy: EscalationPolicy, *, used_in: list[str]) -> PolicyView:
    return PolicyView(
        name=policy.name,
        title=policy.title,
        levels=[
            LevelBody(
                targets=[TargetBody(kind=one.kind, name=one.name) for one in level.targets],
                timeout_seconds=level.timeout_seconds,
            )
            for level in policy.levels
        ],
        repeat=policy.repeat,
        default=policy.default,
        used_in=used_in,
        updated_at=rfc3339(policy.updated_ns),
        updated_by=policy.updated_by,
        version=str(policy.updated_ns),
    )


def on_call_view(on_call: OnCall) -> OnCallView:
    return OnCallView(
        agent=on_call.agent,
        at=rfc3339(on_call.at_ns),
        team=on_call.team or None,
        owner=on_call.owner or None,
        runbook=on_call.runbook or None,
        tier=on_call.tier or None,
        levels=[
            OnCallLevelView(
                number=level.number,
                responders=[_responder_view(one) for one in level.responders],
                timeout_seconds=level.timeout_seconds,
            )
            for level in on_call.levels
        ],
        repeat=on_call.repeat,
        gap=on_call.gap or None,
    )


def _responder_view(one: Responder) -> ResponderView:
    return ResponderView(
        person=one.person or None,
        channel=one.channel or None,
        channels=list(one.channels),
        email=one.email or None,
        why=one.why,
    )
