"""What one channel says next: in order, not too much at once, and nothing that has been overtaken. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import SEVERITY_ORDER
from roadworthy.domain.notification import (
    Channel,
    ChannelKind,
    Delivery,
    DeliveryState,
    Happening,
    Line,
    Notification,
)

_SECOND = 1_000_000_000
LINES_KEPT = 500
_READ_BY_PEOPLE = frozenset({ChannelKind.SLACK, ChannelKind.EMAIL})
"""To these, endings can be told in a digest, too. The others keep a state for each key, and must hear the end
of each."""
_BEGINNINGS = frozenset({Happening.TRIGGER, Happening.UPDATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`send` in this order; `settled` are those that need no sending any more; `digest` is new, and is in
    `send`, too. `wait_ns`: when to look again because of the rate, 0 for no reason to."""

    send: tuple[Delivery, ...] = ()
    settled: tuple[Delivery, ...] = ()
    digest: Delivery | None = None
    wait_ns: int = 0


class Rate:
    """A bucket of `per_minute` tokens that fills in a minute."""

    def __init__(self, per_minute: int, *, now_ns: int) -> None:
        self.per_minute = per_minute
        self._tokens = float(per_minute)
        self._at_ns = now_ns

    def left(self, now_ns: int) -> int:
        gained = max(0, now_ns - self._at_ns) / _SECOND * self.per_minute / 60
        self._tokens = min(float(self.per_minute), self._tokens + gained)
        self._at_ns = max(self._at_ns, now_ns)
        return int(self._tokens)

    def take(self, count: int) -> None:
        self._tokens -= count

    def next_ns(self) -> int:
        """When there is a whole token again."""
        missing = max(0.0, 1.0 - self._tokens)
        return self._at_ns + int(missing * 60 / self.per_minute * _SECOND) + 1


def turn(channel: Channel, pending: Sequence[Delivery], *, left: int, next_ns: int, now_ns: int) -> Turn:
    """`pending` are the channel's, in the order they were planned; `left` says how many may be sent now."""
    overtaken = [
        replace(one, state=DeliveryState.OVERTAKEN, updated_ns=now_ns) for one in _overtaken(pending)
    ]
    gone = {one.id for one in overtaken}
    ready = _ready([one for one in pending if one.id not in gone], now_ns=now_ns)
    tests = [one for one in ready if one.notification.happening is Happening.TEST]
    others = [one for one in ready if one.notification.happening is not Happening.TEST]
    if len(others) <= left:
        return Turn(send=(*tests, *others), settled=tuple(overtaken))
    if left < 1:
        return Turn(send=tuple(tests), settled=tuple(overtaken), wait_ns=next_ns)
    others.sort(key=_urgency)
    alone, rest = others[: left - 1], others[left - 1 :]
    folding = [one for one in rest if _folds(channel, one)]
    if len(folding) < 2:
        alone = others[:left]
        return Turn(send=(*tests, *alone), settled=tuple(overtaken), wait_ns=next_ns)
    digest = _digest(channel, folding, now_ns=now_ns)
    folded = [
        replace(one, state=DeliveryState.FOLDED, folded_into=digest.id, updated_ns=now_ns) for one in folding
    ]
    wait_ns = next_ns if len(folding) < len(rest) else 0
    return Turn(send=(*tests, *alone, digest), settled=(*overtaken, *folded), digest=digest, wait_ns=wait_ns)


def _overtaken(pending: Sequence[Delivery]) -> list[Delivery]:
    """What was to be said of an incident before it was over, where nothing of it could be said so far."""
    over: dict[str, int] = {}
    for place, one in enumerate(pending):
        if one.notification.happening is Happening.RESOLVE:
            over[one.notification.key] = place
    return [
        one
        for place, one in enumerate(pending)
        if place < over.get(one.notification.key, -1) and one.notification.happening is not Happening.TEST
    ]


def _ready(pending: Sequence[Delivery], *, now_ns: int) -> list[Delivery]:
    """Of each key the first; the next ones wait for it, so that an end never comes before its beginning."""
    found: dict[str, Delivery] = {}
    for one in pending:
        found.setdefault(one.notification.key, one)
    return [one for one in found.values() if one.due_ns <= now_ns]


def _urgency(one: Delivery) -> tuple[int, int, int]:
    worst = -SEVERITY_ORDER.index(one.notification.severity)
    return (0 if one.notification.happening in _BEGINNINGS else 1, worst, one.created_ns)


def _folds(channel: Channel, one: Delivery) -> bool:
    if one.notification.digest or one.notification.recipient:
        return False
    return one.notification.happening in _BEGINNINGS or channel.kind in _READ_BY_PEOPLE


def _digest(channel: Channel, folding: Sequence[Delivery], *, now_ns: int) -> Delivery:
    """Its id is made of what it folds: planned again after a crash it is the same one."""
    named = hashlib.sha256("\n".join([channel.id, *sorted(one.id for one in folding)]).encode()).hexdigest()
    digest_id = f"digest-{named[:24]}"
    begins = any(one.notification.happening in _BEGINNINGS for one in folding)
    worst = max((one.notification.severity for one in folding), key=SEVERITY_ORDER.index)
    first = folding[0].notification
    lines = [
        Line(
            incident_id=one.notification.incident_id,
            number=one.notification.number,
            title=one.notification.title,
            severity=one.notification.severity,
            link=one.notification.link,
        )
        for one in folding
    ]
    agents = dict.fromkeys(agent for one in folding for agent in one.notification.agents)
    said = Notification(
        id=digest_id,
        key=digest_id,
        project=channel.project,
        happening=Happening.TRIGGER if begins else Happening.RESOLVE,
        severity=worst if begins else Severity.INFO,
        title=_title(folding),
        text="\n".join(f"#{line.number} {line.severity.value}: {line.title}" for line in lines[:50]),
        agents=tuple(agents)[:50],
        link=first.link.rpartition("/")[0] if first.link else "",
        at_ns=now_ns,
        facts={"incidents": str(len(folding))},
        digest=tuple(lines[:LINES_KEPT]),
    )
    return Delivery(
        project=channel.project,
        id=digest_id,
        channel_id=channel.id,
        channel_name=channel.name,
        notification=said,
        created_ns=now_ns,
        due_ns=now_ns,
        whom=f"{len(folding)} notifications in one",
        updated_ns=now_ns,
    )


def _title(folding: Sequence[Delivery]) -> str:
    begun = sum(one.notification.happening in _BEGINNINGS for one in folding)
    over = sum(one.notification.happening is Happening.RESOLVE for one in folding)
    parts = [f"{begun} incidents opened or got worse" if begun else "", f"{over} resolved" if over else ""]
    rest = len(folding) - begun - over
    parts.append(f"{rest} acknowledged" if rest else "")
    return ", ".join(part for part in parts if part)
