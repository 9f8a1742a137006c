"""Exchanges and recordings over REST, from files that a recorder wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roadworthy.app.gateway_recording import GatewayRecording
from roadworthy.domain.exchange import Binding, Ending, Exchange
from roadworthy.domain.project import KeyScope, Project
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.gateway.recording.recorder import StoringRecorder
from roadworthy.features.observe.deleted_projects import DeletedProjects
from roadworthy.flows.retention import drop_expired
from tests.unit.doors.rest.desk import START, Desk, trace_id
from tests.unit.gateway.recording import making
from tests.unit.gateway.recording.making import answer, request, said

WAIT = 30.0
SECRET = "sk-ant-api03-Zx9_8yW7vU6tS5rQ4pO3nM2l"
TIMED_OUT = TypedFailure(
    code=FailureCode.TIMEOUT,
    what="crm.find did not answer within 5 s",
    retry=Retry.NOW,
    do_not_conclude="This says nothing about whether the customer exists.",
)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[StoringRecorder]:
    (tmp_path / "gateway").mkdir()
    recording = GatewayRecording(tmp_path / "gateway")
    assert isinstance(recording.recorder, StoringRecorder)
    recording.start()
    yield recording.recorder
    recording.stop()


def exchange(number: int, **changes: object) -> Exchange:
    """A call of run `number` of the desk, half a second after its begin."""
    own = {
        "project": "default",
        "agent": "support",
        "started_ns": START + number * 1_000_000_000 + 500_000_000,
        "binding": Binding(trace_id=trace_id(number), by="traceparent"),
        **changes,
    }
    return replace(making.exchange(number), **own)  # type: ignore[arg-type]


def record(recorder: StoringRecorder, *exchanges: Exchange) -> None:
    for one in exchanges:
        recorder.offer(
            one,
            request=request(f'{{"model": "planner", "key": "{SECRET}"}}'.encode()),
            answer=answer(said("On", " its", " way"), kind=b"text/event-stream"),
        )
    assert recorder.flush(timeout=WAIT)


def test_an_empty_log_is_an_empty_list(desk: Desk) -> None:
    assert desk.client.get("/api/v1/exchanges").json() == {"items": [], "next_cursor": None}
    assert desk.client.get("/api/v1/exchanges/nowhere").status_code == 404


def test_a_list_filters_and_pages(desk: Desk, recorder: StoringRecorder) -> None:
    record(
        recorder,
        exchange(1),
        exchange(2, agent="writer"),
        exchange(3, failure=TIMED_OUT, ending=Ending.FAILED),
        exchange(4, project="other"),
    )

    def ids(query: str) -> list[int]:
        answered = desk.client.get(f"/api/v1/exchanges?{query}")
        assert answered.status_code == 200, answered.text
        return [int(one["id"], 16) for one in answered.json()["items"]]

    assert ids("") == [3, 2, 1]
    assert ids("agent=writer") == [2]
    assert ids("code=any") == ids("code=timeout") == ids("ending=failed") == [3]
    assert ids("kind=tool") == []
    assert ids("from=2025-11-24T16:00:03Z") == [3]
    page = desk.client.get("/api/v1/exchanges?limit=2").json()
    assert ids(f"limit=2&cursor={page['next_cursor']}") == [1]


@pytest.mark.parametrize(
    ("query", "field"),
    [("code=nonsense", "query.code"), ("kind=x", "kind"), ("from=yesterday", "query.from")],
)
def test_a_filter_that_cannot_be_names_its_field(desk: Desk, query: str, field: str) -> None:
    answered = desk.client.get(f"/api/v1/exchanges?{query}")

    assert answered.status_code in (400, 422)
    assert field in answered.text


def test_a_run_has_its_exchanges_before_and_after_they_are_joined(
    desk: Desk, recorder: StoringRecorder
) -> None:
    desk.write(1, 2)
    record(recorder, exchange(1), exchange(2), exchange(3, binding=Binding(run_id=trace_id(1), by="header")))

    before = desk.client.get(f"/api/v1/runs/{trace_id(1)}/exchanges").json()["items"]
    desk.recordings.joining.refresh()
    after = desk.client.get(f"/api/v1/runs/{trace_id(1)}/exchanges").json()["items"]

    assert [int(one["id"], 16) for one in before] == [int(one["id"], 16) for one in after] == [1, 3]
    assert [one["bound_by"] for one in after] == ["traceparent", "header"]
    assert {one["run_id"] for one in after} == {trace_id(1)}
    listed = desk.client.get(f"/api/v1/exchanges?run={trace_id(2)}").json()["items"]
    assert [int(one["id"], 16) for one in listed] == [2]
    assert desk.client.get("/api/v1/runs/nowhere/exchanges").status_code == 404


def test_a_recording_is_shown_masked_with_the_times_of_its_chunks(
    desk: Desk, recorder: StoringRecorder
) -> None:
    record(recorder, exchange(1))

    shown = desk.client.get(f"/api/v1/exchanges/{exchange(1).id}/recording").json()

    assert shown["request"]["head"] == "POST /v1/chat/completions"
    assert shown["request"]["body"] == '{"model": "planner", "key": "[masked:anthropic_key]"}'
    assert [chunk["at_ms"] for chunk in shown["answer"]["chunks"]] == [200, 210, 220, 230]
    assert sum(chunk["bytes"] for chunk in shown["answer"]["chunks"]) == shown["answer"]["body_bytes"]
    assert shown["masked"] == 1
    assert len(shown["match_key"]) == 32
    assert shown["exchange"]["recorded"] is True


def test_a_recording_that_is_gone_or_damaged_says_so(
    desk: Desk, recorder: StoringRecorder, tmp_path: Path
) -> None:
    recorder.offer(exchange(2), request=None, answer=None)
    record(recorder, exchange(1))
    (pack,) = (tmp_path / "gateway" / "blobs").rglob("*.pack")
    pack.write_bytes(bytes(len(pack.read_bytes())))

    damaged = desk.client.get(f"/api/v1/exchanges/{exchange(1).id}/recording")
    never = desk.client.get(f"/api/v1/exchanges/{exchange(2).id}/recording")

    assert (damaged.status_code, never.status_code) == (404, 404)
    assert "damaged" in damaged.json()["detail"]
    assert "nothing of this exchange" in never.json()["detail"]


def test_a_failed_call_marks_its_run(desk: Desk, recorder: StoringRecorder) -> None:
    desk.write(1)
    record(
        recorder,
        exchange(1, failure=TIMED_OUT, ending=Ending.FAILED),
        replace(exchange(1, failure=TIMED_OUT, ending=Ending.FAILED), id="f" * 32),
    )

    for _ in range(2):
        desk.recordings.joining.refresh()

    scores = desk.client.get(f"/api/v1/runs/{trace_id(1)}/scores").json()["items"]
    (score,) = [one for one in scores if one["name"] == "gateway_failure"]
    assert (score["value"], score["label"]) == (2, "timeout")
    assert "did not answer within 5 s" in score["explanation"]
    found = desk.client.get("/api/v1/runs?filter=scores.gateway_failure:>:0").json()["items"]
    assert [one["id"] for one in found] == [trace_id(1)]


def test_deleting_one_and_a_whole_project(desk: Desk, recorder: StoringRecorder) -> None:
    desk.add_project("shop")
    record(recorder, exchange(1), exchange(2), exchange(3, project="shop"))

    assert desk.client.delete(f"/api/v1/exchanges/{exchange(1).id}").status_code == 204
    assert desk.client.delete("/api/v1/projects/shop").status_code == 204
    recorder.stop(timeout=WAIT)

    recorder._orders_at = 0
    recorder._obey()
    assert [int(one["id"], 16) for one in desk.client.get("/api/v1/exchanges").json()["items"]] == [2]
    assert desk.recordings.log.projects() == ["default"]


def test_what_a_project_no_longer_keeps_is_dropped_with_its_days(
    desk: Desk, recorder: StoringRecorder
) -> None:
    desk.metadata.save_project(Project(id="shop", name="shop", created_ns=1, retention_days=7))
    old = START - 30 * 86_400_000_000_000
    record(recorder, *(exchange(n, project="shop", started_ns=at) for n, at in ((1, old), (2, START))))
    record(recorder, exchange(3, started_ns=old))
    now = datetime.fromtimestamp(START // 1_000_000_000, tz=UTC)

    for _ in range(2):
        drop_expired(
            metadata=desk.metadata,
            telemetry=desk.store,
            recordings=desk.recordings.service,
            deleted=DeletedProjects(desk.metadata, desk.store),
            now=now,
        )
    recorder.stop(timeout=WAIT)
    recorder._orders_at = 0
    recorder._obey()

    left = [(one.exchange.project, int(one.exchange.id, 16)) for one in desk.recordings.log.since(0)]
    assert left == [("shop", 2), ("default", 3)]


def test_nobody_sees_another_projects_exchanges(guarded_desk: Desk, recorder: StoringRecorder) -> None:
    guarded_desk.add_project("shop")
    key = guarded_desk.add_key("shop", KeyScope.READ)
    record(recorder, exchange(1), exchange(2, project="shop"))

    mine = guarded_desk.client.get("/api/v1/exchanges", headers=key).json()["items"]
    assert [int(one["id"], 16) for one in mine] == [2]
    for path in (f"exchanges/{exchange(1).id}", f"exchanges/{exchange(1).id}/recording"):
        assert guarded_desk.client.get(f"/api/v1/{path}", headers=key).status_code == 404
        assert guarded_desk.client.get(f"/api/v1/{path}").status_code == 401
    assert guarded_desk.client.delete(f"/api/v1/exchanges/{exchange(2).id}", headers=key).status_code == 403


def test_policies_are_kept_and_checked(desk: Desk) -> None:
    rules = [{"keep": "sampled", "share": 0.2, "seed": 3, "agent": "support", "target": ""}]

    assert desk.client.get("/api/v1/recording-policies").json() == {"policies": []}
    saved = desk.client.put("/api/v1/recording-policies", json={"policies": rules})
    assert saved.status_code == 200, saved.text
    assert desk.client.get("/api/v1/recording-policies").json() == {"policies": rules}
    twice = desk.client.put("/api/v1/recording-policies", json={"policies": rules * 2})
    assert twice.status_code in (400, 422)
    assert "support" in twice.text
    wrong = desk.client.put("/api/v1/recording-policies", json={"policies": [{"share": 2}]})
    assert wrong.status_code in (400, 422)
    assert "share" in wrong.text
