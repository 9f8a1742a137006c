"""Outcomes from other systems, and feedback links: by run, session or external id, in any order."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.project import KeyScope
from roadworthy.features.judge.feedback import BadLink, ExpiredLink, FeedbackLinks, FeedbackTarget
from roadworthy.features.judge.outcome_events import DAY_NS, EventState
from tests.unit.doors.rest.desk import START, Desk, a_run, spans_of, trace_id

EVENTS = "/api/v1/outcome-events"


def tell(desk: Desk, **event: Any) -> Any:
    answer = desk.client.post(EVENTS, json={"outcome": "failure", "reason": "refund reversed"} | event)
    assert answer.status_code == 201, answer.text
    return answer.json()


def outcome(desk: Desk, number: int) -> tuple[str, str | None]:
    verdict = desk.client.get(f"/api/v1/runs/{trace_id(number)}/verdict").json()
    return verdict["outcome"], verdict["outcome_source"]


def test_an_event_days_later_tells_the_outcome_of_its_run(desk: Desk) -> None:
    desk.write(1)

    event = tell(desk, run_id=trace_id(1))

    assert (event["state"], event["matched_runs"]) == ("matched", [trace_id(1)])
    assert outcome(desk, 1) == ("failure", "business")


def test_of_a_session_it_is_the_last_run_before_it_happened(desk: Desk) -> None:
    desk.write_runs(*(a_run(number, session_id="chat") for number in (1, 100, 200)))

    event = tell(desk, session_id="chat", at=str((START + 150 * 10**9) // 10**6))

    assert event["matched_runs"] == [trace_id(100)]


def test_an_external_id_names_every_run_that_carries_it(desk: Desk) -> None:
    step = replace(spans_of(2)[1], attributes={"roadworthy.external_id": "T-1"})
    desk.store.write(
        TelemetryBatch(
            token="tickets",
            runs=[
                a_run(1, attributes={"roadworthy.external_id": "T-1"}),
                a_run(2),
                a_run(3, attributes={"roadworthy.external_id": "T-2"}),
            ],
            spans=[step],
        )
    )

    assert sorted(tell(desk, external_id="T-1")["matched_runs"]) == [trace_id(1), trace_id(2)]
    assert outcome(desk, 3) == ("unknown", None)


def test_a_project_says_which_attribute_the_external_id_is(desk: Desk) -> None:
    desk.client.put("/api/v1/judging", json={"external_id_attribute": "ticket.id"})
    desk.write_runs(a_run(1, attributes={"ticket.id": "T-1"}))

    assert tell(desk, external_id="T-1")["matched_runs"] == [trace_id(1)]


@pytest.mark.parametrize(
    "named", [{"run_id": trace_id(1)}, {"session_id": "chat"}, {"external_id": "T-1"}], ids=str
)
def test_an_event_before_its_run_waits_for_it(desk: Desk, named: dict[str, str]) -> None:
    event = tell(desk, **named)
    assert (event["state"], event["matched_runs"]) == ("waiting", [])
    assert desk.judge.events.retry() == 0

    desk.write_runs(a_run(1, session_id="chat", attributes={"roadworthy.external_id": "T-1"}))

    desk.judge.events._searched = 0.0
    assert desk.judge.events.retry() == 1
    assert outcome(desk, 1) == ("failure", "business")
    (listed,) = desk.client.get(EVENTS, params={"state": "matched"}).json()["items"]
    assert listed["matched_runs"] == [trace_id(1)]
    assert desk.judge.events.retry() == 0


def test_external_ids_that_only_later_steps_carry_are_found_among_many(desk: Desk) -> None:
    for number in range(1, 4):
        tell(desk, external_id=f"T-{number}")
    steps = [
        replace(spans_of(n)[1], attributes={"roadworthy.external_id": f"T-{n}"}, start_ns=time.time_ns())
        for n in (1, 2)
    ]
    now = time.time_ns()
    runs = [a_run(n, sort_ns=now, started_ns=now) for n in (1, 2)]
    desk.store.write(TelemetryBatch(token="late", runs=runs, spans=steps))

    assert desk.judge.events.retry() == 2

    waiting = desk.client.get(EVENTS, params={"state": "waiting"}).json()["items"]
    assert [event["external_id"] for event in waiting] == ["T-3"]


def test_after_thirty_days_it_is_listed_as_unmatched_and_later_forgotten(desk: Desk) -> None:
    event = tell(desk, run_id=trace_id(9))
    now = time.time_ns()

    desk.judge.events.retry(now_ns=now + 29 * DAY_NS)
    assert desk.client.get(EVENTS, params={"state": "waiting"}).json()["items"] == [event]
    desk.judge.events.retry(now_ns=now + 31 * DAY_NS)
    (listed,) = desk.client.get(EVENTS, params={"state": "unmatched"}).json()["items"]
    assert listed == event | {"state": "unmatched"}
    desk.judge.events._searched = 0.0
    desk.judge.events.retry(now_ns=now + 95 * DAY_NS)
    assert desk.client.get(EVENTS).json()["items"] == []


def test_the_same_event_twice_counts_once_and_another_is_refused(desk: Desk) -> None:
    desk.write(1)
    first = tell(desk, run_id=trace_id(1), event_id="evt-1")

    assert tell(desk, run_id=trace_id(1), event_id="evt-1") == first
    other = desk.client.post(EVENTS, json={"outcome": "success", "run_id": trace_id(1), "event_id": "evt-1"})

    assert (other.status_code, other.json()["code"]) == (409, "event_reused")
    assert len(desk.client.get(EVENTS).json()["items"]) == 1


def test_events_that_arrive_in_the_wrong_order_count_by_when_they_happened(desk: Desk) -> None:
    desk.write(1)
    at = START // 10**6
    tell(desk, run_id=trace_id(1), outcome="success", at=str(at + 2000), reason="reopened, solved")
    tell(desk, run_id=trace_id(1), outcome="failure", at=str(at + 1000))

    assert outcome(desk, 1) == ("success", "business")


def test_what_waits_outlives_the_process(desk: Desk) -> None:
    tell(desk, run_id=trace_id(1))
    desk.write(1)

    again = type(desk.judge.events)(
        desk.store, desk.metadata, words=desk.judge.words, judging=desk.judge.judging
    )

    assert again.retry() == 1
    assert [e.state for e in again.events("default").events] == [EventState.MATCHED]


def test_events_are_read_page_by_page_each_once(desk: Desk) -> None:
    desk.write(1)
    told = [tell(desk, external_id=f"T-{number}", event_id=f"e{number}")["id"] for number in range(7)]
    matched = tell(desk, run_id=trace_id(1), reason='said "state":"waiting" of it')["id"]

    def pages(**query: Any) -> list[list[str]]:
        found, cursor = [], None
        while True:
            asked = query | {"limit": 3} | ({"cursor": cursor} if cursor else {})
            page = desk.client.get(EVENTS, params=asked).json()
            found.append([one["id"] for one in page["items"]])
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    everything = pages()
    assert [len(page) for page in everything] == [3, 3, 2]
    assert list(chain(*everything)) == [matched, *reversed(told)]
    assert list(chain(*pages(state="waiting"))) == list(reversed(told))
    assert pages(state="matched") == [[matched]]
    assert pages(state="unmatched") == [[]]
    assert desk.client.get(EVENTS, params={"cursor": "x"}).status_code == 400


def test_words_that_come_late_for_a_trace_have_all_its_runs_judged_again(desk: Desk) -> None:
    inner = a_run(1, id=f"{trace_id(1)}-{'a' * 16}", sort_ns=START)
    desk.write_runs(a_run(1), inner, a_run(2))

    desk.judge.said_of_traces("default", [trace_id(1)])

    assert desk.again == [("default", trace_id(1)), ("default", inner.id)]


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "success"},
        {"outcome": "success", "run_id": "a", "session_id": "b"},
        {"outcome": "perhaps", "run_id": "a"},
        {"outcome": "success", "run_id": "a", "at": "tomorrow"},
        {"outcome": "success", "run_id": "a", "at": "2100-01-01"},
    ],
)
def test_a_bad_event_is_refused(desk: Desk, body: dict[str, str]) -> None:
    answer = desk.client.post(EVENTS, json=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["field"].startswith("body")
    assert desk.client.get(EVENTS).json()["items"] == []


def link(desk: Desk, headers: dict[str, str] | None = None, **asked: Any) -> str:
    answer = desk.client.post("/api/v1/feedback-links", json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    assert answer.json()["url"].endswith(f"/feedback/{token}")
    return token


def test_a_link_lets_anybody_say_how_it_went_without_a_log_in(guarded_desk: Desk) -> None:
    desk = guarded_desk
    desk.write(1)
    token = link(desk, desk.add_key("default", KeyScope.INGEST), run_id=trace_id(1))

    shown = desk.client.get(f"/feedback/{token}")
    assert shown.status_code == 200
    assert "<form" in shown.text
    assert "<script" not in shown.text
    assert not re.search(r"https?://", shown.text)
    sent = desk.client.post(f"/feedback/{token}", data={"thumb": "down", "text": "<b>never came</b>"})

    assert sent.status_code == 200
    (score,) = desk.store.scores("default", trace_id(1))
    assert (score.label, score.source, score.explanation) == ("failure", "user", "<b>never came</b>")
    changed = desk.client.post(f"/api/v1/feedback/{token}", json={"thumb": "up"})
    assert (changed.status_code, changed.json()) == (201, {"thumb": "up"})
    (score,) = desk.store.scores("default", trace_id(1))
    assert score.label == "success"


def test_feedback_on_a_session_is_on_its_last_run(desk: Desk) -> None:
    desk.write_runs(a_run(1, session_id="chat"), a_run(5, session_id="chat"))
    token = link(desk, session_id="chat")

    desk.client.post(f"/api/v1/feedback/{token}", json={"thumb": "down"})

    assert (outcome(desk, 1)[0], outcome(desk, 5)) == ("unknown", ("failure", "user"))


def test_feedback_before_the_run_has_arrived_is_not_lost(desk: Desk) -> None:
    token = link(desk, run_id=trace_id(1))
    assert desk.client.post(f"/api/v1/feedback/{token}", json={"thumb": "up"}).status_code == 201

    desk.write(1)
    desk.judge.events.retry()

    assert outcome(desk, 1) == ("success", "user")


def test_a_forged_link_opens_nothing(desk: Desk) -> None:
    desk.write(1)
    token = link(desk, run_id=trace_id(1))
    payload, signature = token.split(".")
    other = link(desk, run_id=trace_id(2)).split(".")[0]
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]

    for forged in (
        f"{other}.{signature}",
        f"{payload}.{flipped}",
        payload,
        f"{payload}.",
        "ü.ü",
        "x" * 9000,
    ):
        assert desk.client.get(f"/feedback/{forged}").status_code == 404, forged
        answer = desk.client.post(f"/api/v1/feedback/{forged}", json={"thumb": "up"})
        assert answer.status_code == 404, forged
    assert desk.store.scores("default", trace_id(1)) == []


def test_an_expired_link_says_so(metadata: MetadataStore) -> None:
    links = FeedbackLinks(metadata)
    target = FeedbackTarget(project="default", kind="run", id=trace_id(1), expires_s=1000)
    token = links.token(target)

    assert links.read(token, now_s=999.0) == target
    with pytest.raises(ExpiredLink):
        links.read(token, now_s=1000.0)


@pytest.fixture
def metadata(desk: Desk) -> MetadataStore:
    return desk.metadata


def test_a_link_belongs_to_its_project_and_does_not_name_it(desk: Desk) -> None:
    desk.add_project("acme-secret-name")
    links = FeedbackLinks(desk.metadata)
    ours = links.token(FeedbackTarget(project="default", kind="run", id="r", expires_s=2**40))
    theirs = links.token(FeedbackTarget(project="acme-secret-name", kind="run", id="r", expires_s=2**40))

    assert (links.read(ours).project, links.read(theirs).project) == ("default", "acme-secret-name")
    assert ours.split(".")[0] == theirs.split(".")[0]
    links.revoke_all("acme-secret-name")
    with pytest.raises(BadLink):
        links.read(theirs)
    assert links.read(ours).project == "default"


def test_a_link_may_be_used_some_times_a_minute_only(desk: Desk) -> None:
    desk.write(1)
    token = link(desk, run_id=trace_id(1))

    answers = [desk.client.post(f"/api/v1/feedback/{token}", json={"thumb": "up"}) for _ in range(12)]

    assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_another_sites_page_cannot_send_the_form(desk: Desk) -> None:
    token = link(desk, run_id=trace_id(1))

    answer = desk.client.post(
        f"/feedback/{token}", data={"thumb": "up"}, headers={"origin": "https://elsewhere.example"}
    )

    assert answer.status_code == 403
