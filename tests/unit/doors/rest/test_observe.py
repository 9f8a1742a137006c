"""Fleet, aggregates, sessions, search, fields through the REST door."""

from __future__ import annotations

import pytest

from roadworthy.domain.run import Outcome, RunStatus
from tests.unit.doors.rest.desk import SECOND, START, Desk, a_run, trace_id

DAY = {"from": "2025-11-24", "to": "2025-11-25"}


def test_a_row_of_the_fleet_has_rates_with_n_and_interval(desk: Desk) -> None:
    desk.write_runs(
        *(a_run(n, outcome=Outcome.SUCCESS, cost_usd=0.01, failed_tool_calls=0) for n in range(1, 9)),
        a_run(9, outcome=Outcome.FAILURE, failed_tool_calls=1),
        a_run(10, status=RunStatus.ERROR, agent="billing"),
    )
    said = desk.client.get("/api/v1/fleet", params=DAY).json()
    assert [row["agent"] for row in said["items"]] == ["billing", "support"], "last seen first"
    billing, support = said["items"]
    assert support["error_rate"] == {
        "count": 0,
        "n": 9,
        "value": 0.0,
        "low": 0.0,
        "high": pytest.approx(0.2991, abs=1e-4),
    }
    assert support["success_rate"]["count"] == 8
    assert support["success_rate"]["n"] == 9
    assert support["failed_tool_rate"]["value"] == pytest.approx(1 / 9)
    assert (support["cost_usd"], support["cost_known"]) == (pytest.approx(0.08), 8)
    assert billing["success_rate"] == {"count": 0, "n": 0, "value": None, "low": None, "high": None}
    assert (billing["cost_usd"], billing["unknown_outcomes"]) == (None, 1)
    assert said["total"]["runs"] == 10


def test_sparklines_share_one_axis_and_count_every_run(desk: Desk) -> None:
    desk.write_runs(a_run(1), a_run(7200, agent="billing"), a_run(7300, agent="billing"))
    said = desk.client.get("/api/v1/fleet", params=DAY).json()
    starts = [[point["start"] for point in row["spark"]] for row in said["items"]]
    assert starts[0] == starts[1]
    assert len(starts[0]) in (24, 25)
    assert [sum(point["runs"] for point in row["spark"]) for row in said["items"]] == [2, 1]


def test_drills_and_reruns_stand_among_the_agents_only_where_asked_for(desk: Desk) -> None:
    desk.write_runs(a_run(1), a_run(2, agent="support (replay)"), a_run(3, agent="support (drill)"))
    said = desk.client.get("/api/v1/fleet", params=DAY).json()
    assert [row["agent"] for row in said["items"]] == ["support"]
    assert (said["trials"], said["total"]["runs"]) == (2, 1)
    said = desk.client.get("/api/v1/fleet", params={**DAY, "trials": "true"}).json()
    assert [row["agent"] for row in said["items"]] == ["support (drill)", "support (replay)", "support"]
    assert (said["trials"], said["total"]["runs"]) == (2, 3)


def test_an_empty_fleet(desk: Desk) -> None:
    said = desk.client.get("/api/v1/fleet").json()
    assert (said["items"], said["total"]) == ([], None)


def test_aggregates_by_field_and_time(desk: Desk) -> None:
    desk.write_runs(a_run(1), a_run(2, release="2.0"), a_run(3700, release="2.0"))
    page = desk.client.get("/api/v1/aggregates", params={**DAY, "by": ["release"], "bucket": "1h"}).json()
    rows = [(row["group"]["release"], row["bucket_start"], row["runs"]) for row in page["items"]]
    assert sorted(rows) == [
        ("1.0", "2025-11-24T16:00:00.000000Z", 1),
        ("2.0", "2025-11-24T16:00:00.000000Z", 1),
        ("2.0", "2025-11-24T17:00:00.000000Z", 1),
    ]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"by": ["nonsense"]}, "query.by"),
        ({"by": ["attributes.a", "attributes.b"]}, "query.by"),
        ({"bucket": "fortnight"}, "query.bucket"),
        ({"bucket": "0s"}, "query.bucket"),
        ({"bucket": "1s", "from": "2020-01-01"}, "query.bucket"),
        ({"text": "word"}, "query.text"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "query.from"),
        ({"from": "soon"}, "query.from"),
    ],
)
def test_an_aggregate_that_cannot_be(desk: Desk, params: dict[str, str], field: str) -> None:
    answer = desk.client.get("/api/v1/aggregates", params=params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_sessions_page_and_open(desk: Desk) -> None:
    desk.write_runs(
        a_run(1, session_id="a/b c"), a_run(2, session_id="two"), a_run(3, session_id="a/b c"), a_run(4)
    )
    first = desk.client.get("/api/v1/sessions", params={"limit": 1}).json()
    second = desk.client.get("/api/v1/sessions", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [row["session_id"] for row in first["items"] + second["items"]] == ["a/b c", "two"]
    assert second["next_cursor"] is None
    opened = desk.client.get("/api/v1/sessions/a%2Fb%20c").json()
    assert [run["id"] for run in opened["runs"]] == [trace_id(1), trace_id(3)], "oldest first"
    assert desk.client.get("/api/v1/sessions/none").status_code == 404


def test_search_finds_pages_and_filters(desk: Desk) -> None:
    desk.write(1, 2, 3)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"text": "zanzibar", "limit": "2", "filter": "tool_name:=:find_order"}
        page = desk.client.get(
            "/api/v1/search", params=params | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [hit["run_id"] for hit in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [trace_id(3), trace_id(2), trace_id(1)]
    assert "zanzibar" in page["items"][0]["excerpt"]
    assert desk.client.get("/api/v1/search", params={"text": "  "}).status_code == 400
    assert desk.client.get("/api/v1/search").status_code == 422


def test_fields_say_what_filters_take(desk: Desk) -> None:
    fields = {field["name"]: field for field in desk.client.get("/api/v1/fields").json()["items"]}
    assert fields["duration_ms"]["type"] == "duration_ms"
    assert ">" in fields["duration_ms"]["ops"]
    assert "contains" in fields["agent"]["ops"]
    for name, field in fields.items():
        value = {"time": "-1d", "text": "x", "list": "x"}.get(field["type"], "1")
        value = field["choices"][0] if field["choices"] else value
        for op in field["ops"]:
            asked = f"{name}:{op}:{value}"
            assert desk.client.get("/api/v1/runs", params={"filter": asked}).status_code == 200, asked


def test_values_complete_a_filter(desk: Desk) -> None:
    desk.write_runs(a_run(1), a_run(2, agent="billing"), a_run(3, agent="billing"))
    values = desk.client.get("/api/v1/fields/agent/values").json()["items"]
    assert values == ["billing", "support"], "most frequent first"
    assert desk.client.get("/api/v1/fields/agent/values", params={"prefix": "s"}).json()["items"] == [
        "support"
    ]
    assert desk.client.get("/api/v1/fields/nonsense/values").status_code == 400


@pytest.mark.parametrize(
    "text", ["2025-11-24T16:00:05Z", "2025-11-24T17:00:05+01:00", str(START // 1_000_000 + 5000)]
)
def test_times_are_understood_in_every_form(desk: Desk, text: str) -> None:
    desk.write_runs(a_run(4), a_run(5), a_run(6))
    page = desk.client.get("/api/v1/runs", params={"from": text}).json()
    assert [run["id"] for run in page["items"]] == [trace_id(6), trace_id(5)]


def test_clocks_off_by_centuries_are_shown(desk: Desk) -> None:
    far = 9_000_000_000 * SECOND
    desk.write_runs(a_run(1, started_ns=far, sort_ns=far), a_run(2, started_ns=0))
    starts = {run["started_at"] for run in desk.client.get("/api/v1/runs").json()["items"]}
    assert starts == {"2255-03-14T16:00:00.000000Z", "1970-01-01T00:00:00.000000Z"}
