"""What is said to the outside about incidents, over which channel, and how that went."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.domain.alarm import Severity


class ChannelKind(StrEnum):
    PAGERDUTY = "pagerduty"
    SLACK = "slack"
    ALERTMANAGER = "alertmanager"
    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place that can be told. `settings` are open, `sealed` are secrets as `kit.sealing` made them."""

    project: str
    id: str
    name: str
    kind: ChannelKind
    settings: dict[str, str] = field(default_factory=dict)
    sealed: dict[str, str] = field(default_factory=dict)
    enabled: bool = True
    default: bool = False
    """Told where an agent has nobody on call and no owner who can be reached."""
    per_minute: int = 20
    """Notifications a minute; what is more goes as one digest."""
    updated_ns: int = 0


class Happening(StrEnum):
    """What a notification tells."""

    TRIGGER = "trigger"
    UPDATE = "update"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    TEST = "test"
    """The test button: nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One incident of a digest."""

    incident_id: str
    number: int
    title: str
    severity: Severity
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """All that a notifier may say. `id` names this one thing said, however often it is sent; `key` names what
    it is about, so that receivers put together what belongs together."""

    id: str
    key: str
    project: str
    happening: Happening
    severity: Severity
    title: str
    text: str = ""
    """Plain words, lines apart."""
    incident_id: str = ""
    number: int = 0
    state: str = ""
    agents: tuple[str, ...] = ()
    release: str = ""
    link: str = ""
    """URL of the page where it is acknowledged."""
    runbook: str = ""
    began_ns: int = 0
    at_ns: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    digest: tuple[Line, ...] = ()
    """Incidents that this one notification stands for, because too many came at once."""
    recipient: str = ""
    """E-mail address in place of the channel's own."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up: refused for good, or a day has passed."""
    FOLDED = "folded"
    """Said by a digest; `folded_into` names it."""
    OVERTAKEN = "overtaken"
    """The incident was over before this could be said: what came after says it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    at_ns: int
    ok: bool
    said: str
    """What the receiver answered, cut, without secrets; or what went wrong."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notification to one channel: an entry of the outbox, and later of the delivery log."""

    project: str
    id: str
    """Made of what is said, so that planning it twice after a crash plans it once."""
    channel_id: str
    channel_name: str
    notification: Notification
    created_ns: int
    state: DeliveryState = DeliveryState.PENDING
    due_ns: int = 0
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()
    """The first and the last few."""
    fallbacks: tuple[str, ...] = ()
    """Channels of the same person, told next should this one fail."""
    whom: str = ""
    """Who is reached by it, in plain words: "ann (schedule support-week)"."""
    folded_into: str = ""
    updated_ns: int = 0

    @property
    def order(self) -> tuple[int, int, str]:
        """In which it is said. What one transaction planned has one time: beginnings come before ends."""
        return self.created_ns, _ORDER.index(self.notification.happening), self.id


_ORDER = (Happening.TEST, Happening.TRIGGER, Happening.UPDATE, Happening.ACKNOWLEDGE, Happening.RESOLVE)
