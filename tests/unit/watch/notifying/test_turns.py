"""What a channel says next, as properties: nothing dropped, nothing out of order, never too much."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.alarm import Severity
from roadworthy.domain.notification import (
    Channel,
    ChannelKind,
    Delivery,
    DeliveryState,
    Happening,
    Notification,
)
from roadworthy.features.watch.notifying.pauses import GIVEN_UP_AFTER_S, LONGEST_S, pause
from roadworthy.features.watch.notifying.turns import Rate, turn

SECOND = 1_000_000_000


def channel(kind: ChannelKind = ChannelKind.SLACK) -> Channel:
    return Channel(project="p", id="c", name="c", kind=kind)


def delivery(number: int, incident: int, happening: Happening, *, due_ns: int = 0) -> Delivery:
    said = Notification(
        id=f"d{number}",
        key=f"k{incident}",
        project="p",
        happening=happening,
        severity=list(Severity)[incident % 4],
        title=f"incident {incident}",
        incident_id=f"i{incident}",
        number=incident,
        link=f"http://page/incidents/i{incident}",
    )
    return Delivery(
        project="p",
        id=said.id,
        channel_id="c",
        channel_name="c",
        notification=said,
        created_ns=number,
        due_ns=due_ns,
    )


@st.composite
def plans(draw: st.DrawFn) -> list[Delivery]:
    made = draw(
        st.lists(st.tuples(st.integers(0, 12), st.sampled_from(Happening), st.integers(0, 1)), max_size=40)
    )
    return [
        delivery(n, incident, happening, due_ns=0 if due == 0 else 100 * SECOND)
        for n, (incident, happening, due) in enumerate(made)
    ]


@given(pending=plans(), left=st.integers(0, 10), kind=st.sampled_from(ChannelKind))
@settings(max_examples=400, deadline=None)
def test_one_turn(pending: list[Delivery], left: int, kind: ChannelKind) -> None:
    made = turn(channel(kind), pending, left=left, next_ns=7, now_ns=SECOND)
    sent = [one for one in made.send if one is not made.digest]
    said = [one for one in sent if one.notification.happening is not Happening.TEST]
    assert len(said) + (made.digest is not None) <= left, "no more than may be"
    ids = [one.id for one in (*sent, *made.settled)]
    assert len(ids) == len(set(ids)) and set(ids) <= {one.id for one in pending}, "none twice"
    keys = [one.notification.key for one in sent]
    assert len(keys) == len(set(keys)), "of one incident one thing at a time"
    gone = {one.id for one in made.settled}
    for one in sent:
        earlier = [
            p for p in pending if p.created_ns < one.created_ns and p.notification.key == one.notification.key
        ]
        assert all(p.id in gone for p in earlier), "nothing before what comes before it"
    folded = [one for one in made.settled if one.state is DeliveryState.FOLDED]
    assert bool(folded) == (made.digest is not None)
    if made.digest is not None:
        assert {one.notification.incident_id for one in folded} == {
            line.incident_id for line in made.digest.notification.digest
        }, "the digest names all it stands for"
        assert all(one.folded_into == made.digest.id for one in folded)
        if kind not in (ChannelKind.SLACK, ChannelKind.EMAIL):
            endings = (Happening.RESOLVE, Happening.ACKNOWLEDGE)
            assert not [one for one in folded if one.notification.happening in endings]
    overtaken = [one for one in made.settled if one.state is DeliveryState.OVERTAKEN]
    for one in overtaken:
        later = [p for p in pending if p.notification.key == one.notification.key]
        assert any(
            p.notification.happening is Happening.RESOLVE and p.created_ns > one.created_ns for p in later
        )


@given(pending=plans(), per_minute=st.integers(1, 5), kind=st.sampled_from(ChannelKind))
@settings(max_examples=100, deadline=None)
def test_turn_after_turn_everything_is_said(
    pending: list[Delivery], per_minute: int, kind: ChannelKind
) -> None:
    """A channel that always works: in the end nothing is pending, whatever the rate."""
    waiting = {one.id: one for one in pending}
    state: dict[str, DeliveryState] = {}
    rate, now = Rate(per_minute, now_ns=0), 200 * SECOND
    minute: list[int] = []
    for _ in range(2_000):
        if not waiting:
            break
        made = turn(
            channel(kind), list(waiting.values()), left=rate.left(now), next_ns=rate.next_ns(), now_ns=now
        )
        for one in made.settled:
            state[one.id] = one.state
            waiting.pop(one.id)
        for one in made.send:
            if one.notification.happening is not Happening.TEST:
                rate.take(1)
                minute.append(now)
            waiting.pop(one.id, None)
            state[one.id] = DeliveryState.DELIVERED
        assert made.send or made.settled or made.wait_ns > now, "it never waits for nothing"
        now = max(now + SECOND, made.wait_ns)
    assert waiting == {}
    assert {one.id for one in pending} <= set(state)
    for start in minute:
        assert sum(start <= one < start + 60 * SECOND for one in minute) <= 2 * per_minute


def test_a_storm_is_the_worst_alone_and_one_digest() -> None:
    pending = [delivery(n, n, Happening.TRIGGER) for n in range(500)]
    made = turn(channel(), pending, left=20, next_ns=0, now_ns=SECOND)
    assert len(made.send) == 20 and made.digest is made.send[-1]
    assert {one.notification.severity for one in made.send[:-1]} == {Severity.CRITICAL}
    assert len(made.digest.notification.digest) == 481
    assert made.digest.notification.title == "481 incidents opened or got worse"
    assert made.digest.notification.link == "http://page/incidents"
    again = turn(channel(), pending, left=20, next_ns=0, now_ns=9 * SECOND)
    assert again.digest is not None and again.digest.id == made.digest.id, "planned again it is the same"


def test_what_is_over_before_it_could_be_said_is_said_once() -> None:
    pending = [
        replace(delivery(0, 1, Happening.TRIGGER), tries=3),
        delivery(1, 1, Happening.ACKNOWLEDGE),
        delivery(2, 1, Happening.RESOLVE),
    ]
    made = turn(channel(), pending, left=5, next_ns=0, now_ns=SECOND)
    assert [one.id for one in made.send] == ["d2"]
    assert [one.state for one in made.settled] == [DeliveryState.OVERTAKEN] * 2


@given(failures=st.integers(1, 500), seed=st.integers(0, 100), asked=st.none() | st.floats(0, 1e9))
def test_pauses_double_up_to_a_bound_and_keep_to_retry_after(
    failures: int, seed: int, asked: float | None
) -> None:
    found = pause(failures, asked_s=asked, chance=random.Random(seed))
    assert found >= min(asked or 0.0, GIVEN_UP_AFTER_S)
    assert found >= min(LONGEST_S, 2.0 ** min(failures, 12)) / 2
    assert found <= max(LONGEST_S, asked or 0.0)
