"""The sender over real channels: at least once, in order, and nobody waits for somebody else's endpoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from roadworthy.app.incidents import Incidents
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.notifier import Network
from roadworthy.domain.incident import Action
from roadworthy.domain.notification import Channel, Delivery, DeliveryState
from roadworthy.domain.on_call import EscalationLevel, OnCall, Responder
from roadworthy.features.watch.incidents.joining import JoinRule
from roadworthy.features.watch.notifying.channel_book import ChannelDraft
from tests.contract.notifiers import receivers
from tests.contract.notifiers.receivers import Receiver, http_receiver, says
from tests.product import wait_until
from tests.unit.watch.incidents.house import alarm


class Shop:
    """Everything from the alarm to the wire, as the server has it."""

    def __init__(self, folder: Path, *, timeout_s: float = 1.0) -> None:
        self.metadata = SqliteMetadataStore(folder / "roadworthy.db")
        self.ways: dict[str, tuple[str, ...]] = {}
        self.seen: list[str] = []
        self.incidents = Incidents(
            MemoryTelemetryStore(),
            self.metadata,
            publish=lambda _, ids: self.seen.extend(ids),
            on_call=self.on_call,
            secrets=folder / "secret.key",
            base_url="http://page",
            network=Network(allowed=("127.0.0.0/8",), timeout_s=timeout_s),
        )
        self.service = self.incidents.service

    def on_call(self, project: str, agent: str, at_ns: int) -> OnCall:
        ways = self.ways.get(agent, ())
        who = Responder(person=f"on call for {agent}", channels=ways)
        levels = (EscalationLevel(number=1, responders=(who,), timeout_seconds=600),) if ways else ()
        return OnCall(project=project, agent=agent, at_ns=at_ns, levels=levels)

    def channel(self, receiver: Receiver, name: str, **changes: object) -> Channel:
        kind = next(one for one in self.service.channels.kinds if one.kind is receiver.kind)
        secret = {field.name for field in kind.fields if field.secret}
        draft = ChannelDraft(
            name=name,
            kind=receiver.kind,
            settings={k: v for k, v in receiver.values.items() if k not in secret},
            secrets={k: v for k, v in receiver.values.items() if k in secret},
            **changes,  # type: ignore[arg-type]
        )
        return self.service.channels.add("default", draft)

    def log(self) -> list[Delivery]:
        return list(reversed(self.service.deliveries("default")))

    def settled(self) -> bool:
        log = self.log()
        return bool(log) and all(one.state is not DeliveryState.PENDING for one in log)

    def close(self) -> None:
        self.incidents.stop()
        self.metadata.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    made.incidents.start()
    yield made
    made.close()


def test_an_incident_is_told_and_its_end_too(shop: Shop) -> None:
    with http_receiver("pagerduty") as receiver:
        shop.ways["support"] = (shop.channel(receiver, "pager").id,)
        shop.incidents.take([alarm("a")])
        wait_until(lambda: len(receiver.taken) == 1, seconds=10, what="the trigger")
        incident = shop.incidents.book.incidents("default")[0]
        shop.incidents.book.act("default", incident.id, Action.ACKNOWLEDGE, by="ann")
        # What was not said yet when an incident is over is not said any more.
        wait_until(lambda: len(receiver.taken) == 2, seconds=10, what="acknowledge")
        shop.incidents.take([alarm("a", cleared_ns=alarm().at_ns + 1)])
        wait_until(lambda: len(receiver.taken) == 3, seconds=10, what="resolve")
        wait_until(shop.settled, seconds=10, what="the log says so")
    assert [one.raw["event_action"] for one in receiver.taken] == ["trigger", "acknowledge", "resolve"]
    assert len({one.key for one in receiver.taken}) == 1
    kinds = [one.kind.value for one in shop.service.timeline("default", incident.id) or []]
    assert "notified" in kinds and kinds[-1] == "resolved"
    assert incident.id in shop.seen, "the page hears of it"


def test_a_channel_that_hangs_holds_up_no_other(shop: Shop) -> None:
    with ExitStack() as stack:
        dead = stack.enter_context(http_receiver("webhook"))
        dead.forever = receivers.hang
        alive = stack.enter_context(http_receiver("webhook"))
        shop.ways["a"] = (shop.channel(dead, "dead").id,)
        shop.ways["b"] = (shop.channel(alive, "alive").id,)
        shop.incidents.book.save_rule("default", JoinRule(storm_agents=0))
        for number in range(20):
            shop.incidents.take([alarm(f"a{number}", agent="a"), alarm(f"b{number}", agent="b")])
        wait_until(lambda: len(alive.taken) >= 1, seconds=10, what="the other channel is told")
        assert dead.taken == []

        def tried() -> list[Delivery]:
            return [one for one in shop.log() if one.channel_name == "dead" and one.attempts]

        wait_until(lambda: bool(tried()), seconds=10, what="it is given up for now")
    assert tried()[0].state is DeliveryState.PENDING
    assert "no answer within" in tried()[0].attempts[0].said


def test_the_next_way_to_the_same_person_is_taken_at_once(shop: Shop) -> None:
    with http_receiver("slack") as broken, http_receiver("webhook") as spare:
        broken.forever = says(200, b'{"ok": false, "error": "channel_is_archived"}')
        ways = (shop.channel(broken, "chat").id, shop.channel(spare, "spare").id)
        shop.ways["support"] = ways
        shop.incidents.take([alarm("a")])
        wait_until(lambda: len(spare.taken) == 1, seconds=10, what="the fallback")
        incident = shop.incidents.book.incidents("default")[0]
        wait_until(
            lambda: ways[1] in shop.incidents.book.incidents("default")[0].escalation.told,
            seconds=10,
            what="it hears how it goes on",
        )
        shop.incidents.book.act("default", incident.id, Action.RESOLVE, by="ann")
        wait_until(lambda: len(spare.taken) == 2, seconds=10, what="the end")
    assert spare.taken[-1].over
    said = [one.text for one in shop.service.timeline("default", incident.id) or []]
    assert any("Could not tell" in one and "channel_is_archived" in one for one in said)
    assert any("Told on call for support over spare" in one for one in said)


def test_what_failed_is_tried_again_until_it_is_taken(shop: Shop) -> None:
    with http_receiver("webhook") as receiver:
        receiver.acts = [says(503), receivers.close_midway]
        shop.ways["support"] = (shop.channel(receiver, "hook").id,)
        shop.incidents.take([alarm("a")])
        wait_until(lambda: len(receiver.taken) == 1, seconds=30, what="the third try")
        wait_until(shop.settled, seconds=10, what="the log says so")
    [delivery] = shop.log()
    assert (delivery.state, delivery.tries) == (DeliveryState.DELIVERED, 3)
    assert [one.ok for one in delivery.attempts] == [False, False, True]
    times = [one.at_ns for one in delivery.attempts]
    assert times[1] - times[0] >= 1_000_000_000, "not at once"


def test_what_is_refused_for_good_is_not_tried_again(shop: Shop) -> None:
    with http_receiver("webhook") as receiver:
        receiver.forever = says(400, b"never")
        shop.ways["support"] = (shop.channel(receiver, "hook").id,)
        shop.incidents.take([alarm("a")])
        wait_until(shop.settled, seconds=10, what="given up")
        [delivery] = shop.log()
        assert (delivery.state, receiver.requests) == (DeliveryState.FAILED, 1)
        receiver.forever = None
        shop.service.send_again("default", delivery.id)
        wait_until(lambda: len(receiver.taken) == 1, seconds=10, what="by hand it is tried again")


def test_a_channel_that_is_gone_or_off_is_said(shop: Shop) -> None:
    with http_receiver("webhook") as receiver:
        receiver.forever = says(503)
        channel = shop.channel(receiver, "hook")
        shop.ways["support"] = (channel.id,)
        shop.incidents.take([alarm("a")])
        wait_until(lambda: any(one.tries for one in shop.log()), seconds=10, what="a first try")
        shop.service.channels.delete("default", channel.id)
        shop.service.outbox.woken()
        wait_until(shop.settled, seconds=20, what="given up")
    assert "the channel is gone" in shop.log()[0].attempts[-1].said


def test_secrets_are_sealed_on_disk_and_in_no_answer(shop: Shop, tmp_path: Path) -> None:
    with http_receiver("pagerduty") as receiver:
        channel = shop.channel(receiver, "pager")
        shop.service.test_channel(channel, by="ann")
        wait_until(shop.settled, seconds=10, what="the test")
    stored = b"".join(one.read_bytes() for one in tmp_path.glob("roadworthy.db*"))
    assert receivers.ROUTING_KEY.encode() not in stored
    assert receivers.ROUTING_KEY not in repr(channel) and receivers.ROUTING_KEY not in repr(shop.log())


def test_a_storm_without_joining_is_rate_limited_and_nothing_is_dropped(shop: Shop) -> None:
    """500 agents, 500 incidents, one channel that takes twenty a minute."""
    with http_receiver("slack") as receiver:
        channel = shop.channel(receiver, "chat", per_minute=20)
        shop.incidents.book.save_rule("default", JoinRule(storm_agents=0))
        shop.ways |= {f"agent-{n}": (channel.id,) for n in range(500)}
        shop.incidents.take([alarm(f"a{n}", agent=f"agent-{n}") for n in range(500)])
        wait_until(lambda: len(shop.log()) >= 500, seconds=60, what="all are planned")
        wait_until(shop.settled, seconds=120, what="all are said")
    log = shop.log()
    assert len(shop.incidents.book.incidents("default")) == 500
    told = {one.notification.incident_id for one in log if one.state is DeliveryState.DELIVERED}
    folded = {one.notification.incident_id for one in log if one.state is DeliveryState.FOLDED}
    digests = [one for one in log if one.notification.digest]
    lines = {line.incident_id for one in digests for line in one.notification.digest}
    assert folded == lines and len((told | folded) - {""}) == 500, "everybody is told of everything"
    assert len(receiver.taken) <= 60, "and not five hundred times"
    incident = next(one for one in log if one.state is DeliveryState.FOLDED).notification.incident_id
    entries = shop.service.timeline("default", incident) or []
    assert any("in one message with" in one.text for one in entries)


def test_the_end_of_what_a_digest_told_is_told_once(shop: Shop) -> None:
    with http_receiver("pagerduty") as receiver:
        channel = shop.channel(receiver, "pager", per_minute=12)
        shop.incidents.book.save_rule("default", JoinRule(storm_agents=0))
        shop.ways |= {f"agent-{n}": (channel.id,) for n in range(30)}
        alarms = [alarm(f"a{n}", agent=f"agent-{n}") for n in range(30)]
        shop.incidents.take(alarms)
        wait_until(lambda: len(shop.log()) > 30 and shop.settled(), seconds=60, what="some and a digest")
        digests = [one for one in shop.log() if one.notification.digest]
        lines = [line for one in digests for line in one.notification.digest]
        for line in lines[1:]:
            shop.incidents.book.act("default", line.incident_id, Action.RESOLVE, by="ann")
        wait_until(shop.settled, seconds=60, what="all but one are over")
        assert not any(one.over for one in receiver.taken if one.key == digests[0].id)
        shop.incidents.book.act("default", lines[0].incident_id, Action.RESOLVE, by="ann")
        wait_until(
            lambda: all(any(r.over for r in receiver.taken if r.key == one.id) for one in digests),
            seconds=60,
            what="the digest's own end",
        )
    for one in digests:
        assert [r.over for r in receiver.taken if r.key == one.id] == [False, True]


def test_nothing_is_written_while_nothing_happens(shop: Shop) -> None:
    with http_receiver("webhook") as receiver:
        shop.ways["support"] = (shop.channel(receiver, "hook").id,)
        shop.incidents.take([alarm("a")])
        wait_until(shop.settled, seconds=10, what="told")
        wait_until(
            lambda: shop.incidents.book.incidents("default")[0].looked_ns > 1, seconds=10, what="filled in"
        )
        before = shop.metadata.change_counter()
        threading.Event().wait(3)
        assert shop.metadata.change_counter() == before


def test_the_log_is_kept_for_thirty_days(shop: Shop) -> None:
    with http_receiver("webhook") as receiver:
        shop.ways["support"] = (shop.channel(receiver, "hook").id,)
        shop.incidents.take([alarm("a")])
        wait_until(shop.settled, seconds=10, what="told")
    assert shop.incidents.forget_old() == 0
    later = shop.log()[0].updated_ns + 1
    assert shop.service.outbox.forget_old(before_ns=later) == 1 and shop.log() == []
