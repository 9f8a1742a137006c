"""Runs, spans and comparisons through the REST door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.run import Handoff, Outcome, RunStatus
from roadworthy.domain.span import ContentFormat
from tests.unit.doors.rest.desk import SECOND, START, Desk, a_run, spans_of, trace_id


def test_attributes_of_any_step_where_they_are_asked_for(desk: Desk) -> None:
    desk.write(1, 2)
    plain = desk.client.get("/api/v1/runs").json()["items"]
    assert [run["attributes"] for run in plain] == [{}, {}]
    asked = {"attribute": ["customer.tier", "nobody.says.it"]}
    runs = desk.client.get("/api/v1/runs", params=asked).json()["items"]
    assert [run["attributes"] for run in runs] == [{"customer.tier": "gold"}] * 2
    crowd = desk.client.get("/api/v1/runs", params={"attribute": [f"k{n}" for n in range(21)]})
    assert (crowd.status_code, crowd.json()["errors"][0]["field"]) == (422, "query.attribute")


def test_a_list_is_newest_first_and_pages_through_everything_once(desk: Desk) -> None:
    desk.write(*range(1, 8))
    seen: list[str] = []
    cursor = None
    while True:
        page = desk.client.get(
            "/api/v1/runs", params={"limit": 3} | ({"cursor": cursor} if cursor else {})
        ).json()
        assert len(page["items"]) <= 3
        seen += [run["id"] for run in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [trace_id(n) for n in range(7, 0, -1)]


def test_a_page_that_holds_the_last_run_has_no_next(desk: Desk) -> None:
    desk.write(1, 2, 3)
    page = desk.client.get("/api/v1/runs", params={"limit": 3}).json()
    assert len(page["items"]) == 3
    assert page["next_cursor"] is None


def test_what_a_run_says(desk: Desk) -> None:
    run = a_run(
        1,
        started_ns=START + 123_456_789,
        duration_ns=1_500_000,
        failed_tool_calls=1,
        tools=("find_order",),
        handoffs=(Handoff(from_agent="a", to_agent="b", reason="billing"),),
        attributes={"tier": "gold"},
    )
    desk.write_runs(run)
    said = desk.client.get(f"/api/v1/runs/{run.id}").json()
    assert said["started_at"] == "2025-11-24T16:00:00.123456Z"
    assert said["duration_ms"] == 1.5
    assert said["outcome"] == "unknown"
    assert said["tools"] == ["find_order"]
    assert said["attributes"] == {"tier": "gold"}
    assert said["handoffs"] == [
        {"from_agent": "a", "to_agent": "b", "reason": "billing", "span_id": None, "at": None}
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("session_id", "user_id", "error", "error_type", "input_tokens", "output_tokens", "cost_usd"),
        *("ended_at", "duration_ms", "final_answer", "release", "agent"),
    ],
)
def test_unknown_is_null(desk: Desk, name: str) -> None:
    run = a_run(1, agent="", release="", final_answer="", ended_ns=0, duration_ns=None)
    desk.write_runs(run)
    assert desk.client.get(f"/api/v1/runs/{run.id}").json()[name] is None


def test_a_superseded_run_leads_to_the_one_it_belongs_to(desk: Desk) -> None:
    desk.write_runs(a_run(1, superseded_by=trace_id(2)), a_run(2, superseded_by=trace_id(3)), a_run(3))
    assert desk.client.get(f"/api/v1/runs/{trace_id(1)}").json()["id"] == trace_id(3)


def test_runs_that_supersede_each_other_end_somewhere(desk: Desk) -> None:
    desk.write_runs(a_run(1, superseded_by=trace_id(2)), a_run(2, superseded_by=trace_id(1)))
    assert desk.client.get(f"/api/v1/runs/{trace_id(1)}").status_code == 200


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("status:=:error", {2}),
        ("status:eq:error", {2}),
        ("agent:!=:support", {3}),
        ("agent:in:billing,refunds", {3}),
        ("duration_ms:>:2000", {2}),
        ("duration_ms:ge:2000", {1, 2, 3}),
        ("started_at:>=:2025-11-24T16:00:02Z", {2, 3}),
        ("tools:=:refund", {1}),
        ("input:contains:QUESTION 3", {3}),
        ("cost_usd:exists", {1}),
        ("cost_usd:missing", {2, 3}),
        ("attributes.region:=:eu:west", {2}),
    ],
)
def test_filters(desk: Desk, asked: str, found: set[int]) -> None:
    desk.write_runs(
        a_run(1, tools=("find_order", "refund"), cost_usd=0.01),
        a_run(2, status=RunStatus.ERROR, duration_ns=3 * SECOND, attributes={"region": "eu:west"}),
        a_run(3, agent="billing"),
    )
    page = desk.client.get("/api/v1/runs", params={"filter": asked}).json()
    assert {run["id"] for run in page["items"]} == {trace_id(n) for n in found}
    count = desk.client.get("/api/v1/runs/count", params={"filter": asked}).json()
    assert count == {"count": len(found)}


def test_filters_hold_together_and_with_text_and_times(desk: Desk) -> None:
    desk.write(1, 2, 3)
    params = {
        "filter": ["agent:=:support", "status:=:ok"],
        "text": "zanzibar yesterday",
        "from": "2025-11-24T16:00:02Z",
        "to": str((START + 3 * SECOND) // 1_000_000),
    }
    page = desk.client.get("/api/v1/runs", params=params).json()
    assert [run["id"] for run in page["items"]] == [trace_id(2)]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("status", "field:op:value"),
        ("nonsense:=:1", "no field 'nonsense'"),
        ("duration_ms:>:soon", "'soon' is no number"),
        ("duration_ms:>:nan", "is no number"),
        ("duration_ms:contains:2", "does not apply"),
        ("agent:=", "needs a value"),
        ("agent:in:,", "separated by commas"),
        ("started_at:>:yesterday", "RFC 3339"),
    ],
)
def test_a_bad_filter_is_told_what_was_expected(desk: Desk, asked: str, says: str) -> None:
    answer = desk.client.get("/api/v1/runs", params={"filter": asked})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "bad_request"
    assert problem["errors"][0]["field"].startswith("query.filter")
    assert says in problem["detail"]


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24", "WzEsMl0", "W10", "é", "WzEsInh4IiwieSJd"])
def test_a_cursor_of_ones_own_making_is_refused(desk: Desk, cursor: str) -> None:
    answer = desk.client.get("/api/v1/runs", params={"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "query.cursor"


def test_spans_come_by_start_with_their_content_read(desk: Desk) -> None:
    desk.write(1)
    model, tool = desk.client.get(f"/api/v1/runs/{trace_id(1)}/spans").json()["items"]
    assert (model["kind"], tool["kind"]) == ("llm", "tool")
    assert (model["offset_ms"], tool["offset_ms"]) == (0, 500)
    assert model["input"]["format"] == "messages"
    assert model["input"]["messages"][0]["role"] == "user"
    assert tool["input"]["value"] == {"order": 4711}
    assert tool["output"]["text"] == "zanzibar shipped yesterday"
    assert (model["parent_id"], tool["parent_id"]) == (None, model["span_id"])
    assert tool["model"] is None
    assert model["attributes"] == {"customer.tier": "gold"}


def test_content_that_is_not_what_it_claims_to_be_is_shown_as_text(desk: Desk) -> None:
    broken = replace(spans_of(1)[0], input='[{"role":', output='{"not": "a list"}')
    desk.store.write(TelemetryBatch(token="t", runs=[a_run(1)], spans=[broken]))
    (said,) = desk.client.get(f"/api/v1/runs/{trace_id(1)}/spans").json()["items"]
    assert said["input"]["text"] == '[{"role":'
    assert said["output"]["text"] == '{"not": "a list"}'


def test_long_values_are_cut_in_views_and_whole_when_asked_for(desk: Desk) -> None:
    long = "ä" * 100_000
    model, tool = spans_of(1)
    model.input = f'[{{"role":"user","content":"{long}"}}]'
    tool.output, tool.output_format = long, ContentFormat.TEXT
    desk.store.write(TelemetryBatch(token="t", runs=[a_run(1, final_answer=long)], spans=[model, tool]))
    path = f"/api/v1/runs/{trace_id(1)}"

    cut_run, whole_run = desk.client.get(path).json(), desk.client.get(path, params={"full": 1}).json()
    assert (len(cut_run["final_answer"]), cut_run["truncated"]) == (65_536, True)
    assert (whole_run["final_answer"], whole_run["truncated"]) == (long, False)

    cut, _ = desk.client.get(f"{path}/spans").json()["items"]
    assert (len(cut["input"]["messages"][0]["content"]), cut["truncated"]) == (65_536, True)
    whole = desk.client.get(f"{path}/spans", params={"full": 1}).json()["items"]
    assert whole[0]["input"]["messages"][0]["content"] == long
    assert whole[1]["output"]["text"] == long
    assert not whole[0]["truncated"]


def test_a_tree_can_be_had_without_content_and_then_one_step_whole(desk: Desk) -> None:
    desk.write(1)
    path = f"/api/v1/runs/{trace_id(1)}/spans"
    bare = desk.client.get(path, params={"content": 0}).json()["items"][0]
    assert (bare["input"], bare["attributes"]) == (None, {})
    step = desk.client.get(f"{path}/{bare['span_id']}").json()
    assert step["input"]["messages"][0]["content"] == "where is order 4711?"


def test_two_runs_side_by_side_part_where_the_second_called_another_tool(desk: Desk) -> None:
    desk.write(1)
    model, tool = spans_of(2)
    model.output = spans_of(1)[0].output
    tool.tool_name = "refund"
    desk.store.write(TelemetryBatch(token="t", runs=[a_run(2)], spans=[model, tool]))
    said = desk.client.get(f"/api/v1/runs/{trace_id(1)}/compare/{trace_id(2)}").json()
    relations = [(step["relation"], step["differs"]) for step in said["steps"]]
    assert relations == [("same", []), ("only_left", []), ("only_right", [])]
    assert said["first_divergence"] == 1


def test_a_run_compared_with_itself_never_parts(desk: Desk) -> None:
    desk.write(1)
    said = desk.client.get(f"/api/v1/runs/{trace_id(1)}/compare/{trace_id(1)}").json()
    assert said["first_divergence"] is None
    assert {step["relation"] for step in said["steps"]} == {"same"}


@pytest.mark.parametrize("rest", ["", "/spans", "/spans/0011", "/scores", f"/compare/{trace_id(9)}"])
def test_a_run_that_is_not_there(desk: Desk, rest: str) -> None:
    answer = desk.client.get(f"/api/v1/runs/{trace_id(5)}{rest}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_an_outcome_is_what_was_said(desk: Desk) -> None:
    desk.write_runs(a_run(1, outcome=Outcome.FAILURE, outcome_source="sdk", outcome_reason="wrong order"))
    said = desk.client.get(f"/api/v1/runs/{trace_id(1)}").json()
    assert (said["outcome"], said["outcome_source"], said["outcome_reason"]) == (
        "failure",
        "sdk",
        "wrong order",
    )
