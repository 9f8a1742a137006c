"""Suspicious steps, resampling and why a run failed, through the REST door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import Outcome
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.features.debug.bisect.finding import Finding as Bisected
from roadworthy.features.debug.bisect.finding import FindingState, finding_json
from roadworthy.features.debug.book import InquiryBook
from roadworthy.features.debug.inquiry import EntryPoint, Inquiry, InquiryKind, InquiryState
from roadworthy.features.judge.issues import IssueKey
from roadworthy.flows.told_runs import told_run
from tests.unit.doors.rest.desk import SECOND, START, Desk, a_run, spans_of, trace_id
from tests.unit.doors.rest.test_inquiries import BAD, desk_with_runs

__all__ = ["desk_with_runs"]

TASK = "Refund order 4711 to the customer"


def _step(number: int, at: int, *, kind: SpanKind, said: str, tool: str = "", failed: bool = False) -> Span:
    started = START + number * SECOND + at * 1_000_000
    message = orjson.dumps([{"role": "assistant", "content": said}]).decode()
    model = kind is SpanKind.LLM
    return Span(
        project="default",
        trace_id=trace_id(number),
        span_id=f"{number:012x}{at:04x}",
        name=tool or "chat",
        kind=kind,
        start_ns=started,
        end_ns=started + 500_000,
        version=number,
        status=SpanStatus.ERROR if failed else SpanStatus.OK,
        tool_name=tool,
        input="" if model else '{"order": 4711}',
        output=message if model else said,
        output_format=ContentFormat.MESSAGES if model else ContentFormat.TEXT,
        agent="support",
    )


def _written(
    desk: Desk,
    number: int,
    *,
    last_tool: str = "refund",
    failed: bool = False,
    task: str = TASK,
    **changes: Any,
) -> str:
    """Looks up, decides, calls a tool, answers."""
    spans = [
        _step(number, 1, kind=SpanKind.LLM, said="I look the order up first."),
        _step(number, 2, kind=SpanKind.TOOL, said="order 4711: paid 12.50", tool="lookup"),
        _step(number, 3, kind=SpanKind.LLM, said="Now I do what was asked for."),
        _step(
            number,
            4,
            kind=SpanKind.TOOL,
            said="error: locked" if failed else "done",
            tool=last_tool,
            failed=failed,
        ),
        _step(number, 5, kind=SpanKind.LLM, said="All done, the customer has been refunded."),
    ]
    run = a_run(number, input=task, **changes)
    desk.store.write(TelemetryBatch(token=f"steps-{number}", runs=[run], spans=spans))
    return run.id


def _get(desk: Desk, path: str, status: int = 200) -> Any:
    answered = desk.client.get(f"/api/v1{path}")
    assert answered.status_code == status, answered.text
    return answered.json()


def test_steps_come_ranked_with_evidence_and_the_command_that_proves_it(desk: Desk) -> None:
    for number in (1, 2, 3):
        _written(desk, number, outcome=Outcome.SUCCESS)
    bad = _written(desk, 9, last_tool="cancel", failed=True, outcome=Outcome.FAILURE)
    found = _get(desk, f"/runs/{bad}/suspicious-steps")
    assert sum(one["share"] for one in found["items"]) == pytest.approx(1, abs=0.01)
    assert set(found["compared_with"]) == {trace_id(1), trace_id(2), trace_id(3)}
    cancel = next(one for one in found["items"] if one["name"] == "cancel")
    said = [reason["text"] for reason in cancel["reasons"] if reason["by"] == "good_runs"]
    assert any("3 of 3 similar good runs do not have" in one for one in said)
    assert found["prove"] == f"roadworthy bisect {bad} --good {found['compared_with'][0]}"
    assert "no proof" in found["sure"]
    assert {one["span_id"] for one in found["items"]} <= {f"{9:012x}{at:04x}" for at in range(1, 6)}


def test_only_a_good_run_of_the_same_task_is_named_as_proof(desk: Desk) -> None:
    for number in range(1, 7):
        _written(desk, number, task="Refund the customer to order 4711", outcome=Outcome.SUCCESS)
    bad = _written(desk, 9, last_tool="cancel", outcome=Outcome.FAILURE)
    before = _get(desk, f"/runs/{bad}/suspicious-steps")
    assert len(before["compared_with"]) == 5
    assert before["prove"] == f"roadworthy bisect {bad} --check contains:EXPECTED"
    same = _written(desk, 8, task=f" **{TASK}**", outcome=Outcome.SUCCESS)
    after = _get(desk, f"/runs/{bad}/suspicious-steps")
    assert after["compared_with"][0] == same
    assert after["prove"] == f"roadworthy bisect {bad} --good {same}"


def test_what_a_detector_found_moves_its_step(desk: Desk) -> None:
    spot = f"{9:012x}{3:04x}"
    found = Finding(
        detector="tool_error_ignored", reason="A tool failed.", evidence=(Evidence(span_id=spot),)
    )
    plain = _written(desk, 8)
    moved = _written(desk, 9, findings=(found,), judged="x")
    before, after = (
        next(one for one in _get(desk, f"/runs/{run}/suspicious-steps")["items"] if one["step"] == 4)
        for run in (plain, moved)
    )
    assert before["span_id"][-4:] == after["span_id"][-4:] == "0003"
    assert after["share"] > before["share"]
    assert after["reasons"][0]["by"] == "detector" and "A tool failed." in after["reasons"][0]["text"]


def test_a_run_nobody_knows_is_not_found(desk: Desk) -> None:
    for path in ("suspicious-steps", "why", "resample"):
        _get(desk, f"/runs/{'0' * 32}/{path}", 404)
    assert desk.client.post(f"/api/v1/runs/{'0' * 32}/resample", json={}).status_code == 404


def test_a_run_without_steps_says_so(desk: Desk) -> None:
    desk.write_runs(a_run(4, input=""))
    found = _get(desk, f"/runs/{trace_id(4)}/suspicious-steps")
    assert found["items"] == [] and any("nothing to rank" in one for one in found["notes"])
    assert _get(desk, f"/runs/{trace_id(4)}/why")["grounds"] == "nothing"


def test_why_is_a_suspicion_until_a_bisect_is_sure(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    before = _get(desk, f"/runs/{BAD}/why")
    assert before["grounds"] == "ranking" and before["prove"].startswith("roadworthy bisect")
    _bisected(desk, FindingState.UNSURE)
    assert _get(desk, f"/runs/{BAD}/why")["grounds"] == "ranking"
    _bisected(desk, FindingState.SURE)
    after = _get(desk, f"/runs/{BAD}/why")
    assert (after["grounds"], after["step"], after["kind"]) == ("bisect", 2, "model")
    assert after["sentences"] == ["Step 2 made it fail."] and after["prove"] is None


def _bisected(desk: Desk, state: FindingState) -> None:
    finding = Bisected(
        state=state,
        step=2,
        confidence=0.97,
        level=0.9,
        mass=(0.0, 0.01, 0.97, 0.02),
        credible=(2,),
        not_excluded=(2,),
        tried=(),
        confirmed=True,
        pass_rate=1.0,
        false_pass_rate=0.0,
        reruns=4,
        calls=0,
        usd=0.0,
        sentences=("Step 2 made it fail.",),
    )
    inquiry = Inquiry(
        project="default",
        id=f"i-{state}",
        kind=InquiryKind.BISECT,
        agent="support",
        run_id=BAD,
        input="",
        entry=EntryPoint(command="x"),
        created_ns=START,
        state=InquiryState.DONE,
        finding=finding_json(finding),
    )
    InquiryBook(desk.metadata, now_ns=lambda: START).save(inquiry)


def test_an_issue_says_which_kind_of_step_its_runs_blame(desk: Desk) -> None:
    key = IssueKey(agent="support", detector="tool_error_ignored", tool="cancel", shape="locked")
    (issue,) = desk.judge.issues.note(a_run(1), [key])
    runs = {_written(desk, number, last_tool="cancel", failed=True, issues=(issue,)) for number in (1, 2, 3)}
    _written(desk, 4)
    found = _get(desk, f"/issues/{issue}/why")
    assert (found["runs"], found["of"]) == (3, 3)
    assert sum(one["runs"] for one in found["blamed"]) == 3 and found["blamed"][0]["proved"] == 0
    assert {run for one in found["blamed"] for run in one["run_ids"]} == runs
    assert found["example"]["kind"] == found["blamed"][0]["kind"]
    _get(desk, "/issues/nope/why", 404)


def test_an_incident_blames_by_the_runs_that_show_it_and_those_that_failed_meanwhile(desk: Desk) -> None:
    shown = _written(desk, 1, last_tool="cancel", failed=True)
    opened = desk.client.post(
        "/api/v1/incidents", json={"title": "Refunds fail", "agents": ["support"], "run_ids": [shown]}
    )
    assert opened.status_code == 201, opened.text
    found = _get(desk, f"/incidents/{opened.json()['id']}/why")
    assert (found["runs"], found["of"]) == (1, 1)
    assert found["blamed"][0]["runs"] == 1 and found["blamed"][0]["run_ids"] == [shown]
    assert found["example"]["run_id"] == shown
    _get(desk, "/incidents/nope/why", 404)


def test_resampling_is_a_job_that_can_be_seen_and_cancelled(desk_with_runs: Desk) -> None:
    assert _get(desk_with_runs, f"/runs/{BAD}/resample") is None
    _get(desk_with_runs, "/runs/nowhere/resample", 404)
    assert desk_with_runs.client.post(f"/api/v1/runs/{BAD}/resample/cancel").status_code == 404
    answered = desk_with_runs.client.post(f"/api/v1/runs/{BAD}/resample", json={"times": 4, "most_calls": 9})
    assert answered.status_code == 201, answered.text
    started = answered.json()
    assert (started["state"], started["planned"], started["done"]) == ("running", 9, 0)
    assert started["job_id"]
    again = desk_with_runs.client.post(f"/api/v1/runs/{BAD}/resample", json={})
    assert again.status_code == 409 and "being resampled" in again.json()["detail"]
    gone = desk_with_runs.client.post(f"/api/v1/runs/{BAD}/resample/cancel").json()
    assert gone["state"] == "cancelled" and gone["ended_at"]
    assert _get(desk_with_runs, f"/runs/{BAD}/resample")["state"] == "cancelled"


def test_a_run_that_nothing_was_recorded_of_cannot_be_resampled(desk: Desk) -> None:
    desk.write(5)
    answered = desk.client.post(f"/api/v1/runs/{trace_id(5)}/resample", json={})
    assert answered.status_code == 409 and "recorded whole" in answered.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"times": 51}, "times"), ({"most_calls": -1}, "most_calls"), ({"most_usd": -1}, "most_usd")],
)
def test_bad_bodies_name_the_field(desk: Desk, body: dict[str, Any], field: str) -> None:
    desk.write(5)
    answered = desk.client.post(f"/api/v1/runs/{trace_id(5)}/resample", json=body)
    assert answered.status_code == 422 and field in answered.text


def test_another_project_sees_nothing_of_it(desk: Desk) -> None:
    desk.add_project("other")
    run = _written(desk, 1)
    assert desk.client.get(f"/api/v1/runs/{run}/why", params={"project": "other"}).status_code == 404


def test_spans_of_the_desk_are_told_as_decision_and_result() -> None:
    told = told_run(replace(a_run(1), root_span_id=""), spans_of(1))
    assert [(one.doer.value, one.name) for one in told.steps] == [
        ("caller", "user"),
        ("agent", "agent"),
        ("result", "find_order"),
    ]
    assert 'find_order({"order": 4711})' in told.steps[1].text


def test_steps_have_the_numbers_that_a_bisect_goes_by(desk_with_runs: Desk) -> None:
    desk = desk_with_runs
    recorded = _get(desk, f"/runs/{BAD}/tape")["steps"]
    spans = [
        replace(
            _step(1, 10 + one["step"], kind=SpanKind.LLM, said=f"I take {one['step']}."),
            attributes={"roadworthy.exchange_id": one["exchange_id"]},
        )
        for one in recorded
    ]
    desk.store.write(TelemetryBatch(token="told", spans=spans))

    items = _get(desk, f"/runs/{BAD}/suspicious-steps")["items"]

    numbers = {one["span_id"]: one["recorded_step"] for one in items if one["recorded_step"]}
    assert numbers == {span.span_id: one["step"] for span, one in zip(spans, recorded, strict=True)}
