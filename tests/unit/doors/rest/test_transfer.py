"""Export and import through the REST door."""

from __future__ import annotations

import pytest

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.project import KeyScope
from roadworthy.domain.score import Score
from tests.unit.doors.rest.desk import Desk, trace_id


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_out_of_one_server_and_into_another(desk: Desk, guarded_desk: Desk, form: str) -> None:
    desk.write(*range(1, 30))
    guarded_desk.add_project("shop")
    key = guarded_desk.add_key("shop", KeyScope.ADMIN)
    score = Score(project="default", trace_id=trace_id(7), name="helpful", value=0.5, at_ns=1)
    desk.store.write(TelemetryBatch(token="scores", scores=[score]))
    for what in ("runs", "spans", "scores"):
        params = {"what": what, "format": form}
        file = desk.client.get("/api/v1/export", params=params)
        assert file.headers["content-disposition"] == f'attachment; filename="default-{what}.{form}"'
        for _ in range(2):
            done = guarded_desk.client.post(
                "/api/v1/import", params=params, content=file.content, headers=key
            ).json()
            assert done["skipped"] == 0
            assert done[what] == {"runs": 29, "spans": 58, "scores": 1}[what]
    runs = guarded_desk.client.get("/api/v1/runs", params={"limit": 100}, headers=key).json()["items"]
    assert [run["id"] for run in runs] == [trace_id(n) for n in range(29, 0, -1)]
    spans = guarded_desk.client.get(f"/api/v1/runs/{trace_id(7)}/spans", headers=key).json()["items"]
    assert [span["tool_name"] for span in spans] == [None, "find_order"]
    scores = guarded_desk.client.get(f"/api/v1/runs/{trace_id(7)}/scores", headers=key).json()["items"]
    assert [(score["name"], score["value"]) for score in scores] == [("helpful", 0.5)]
    assert guarded_desk.store.projects() == ["shop"]


def test_a_selection_is_exported(desk: Desk) -> None:
    desk.write(1, 2, 3)
    params = {"filter": f"id:=:{trace_id(2)}"}
    assert len(desk.client.get("/api/v1/export", params=params).text.splitlines()) == 1
    spans = desk.client.get("/api/v1/export", params={**params, "what": "spans"}).text.splitlines()
    assert len(spans) == 2


def test_what_cannot_be_asked_is_a_problem_not_a_broken_file(desk: Desk) -> None:
    answer = desk.client.get("/api/v1/export", params={"filter": "status:=:purple"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_that_cannot_be_read(desk: Desk) -> None:
    broken = desk.client.post("/api/v1/import", params={"format": "parquet"}, content=b"PAR1 no")
    assert (broken.status_code, broken.json()["errors"][0]["field"]) == (400, "body")
    lines = desk.client.post("/api/v1/import", content=b'{"id": "x"}\nnonsense\n').json()
    assert (lines["runs"], lines["skipped"]) == (0, 2)
    assert lines["errors"][0] == "1: sort_ns: missing"


def test_reading_is_not_enough_to_import(guarded_desk: Desk) -> None:
    guarded_desk.add_project("shop")
    key = guarded_desk.add_key("shop", KeyScope.READ)
    assert guarded_desk.client.post("/api/v1/import", content=b"", headers=key).status_code == 403
    assert guarded_desk.client.get("/api/v1/export", headers=key).status_code == 200
    assert (
        guarded_desk.client.get("/api/v1/export", params={"project": "default"}, headers=key).status_code
        == 404
    )


def test_an_outcome_that_comes_in_by_file_has_its_run_judged_again(desk: Desk) -> None:
    desk.write(1, 2)
    words = [
        Score(project="default", trace_id=trace_id(1), name="outcome", label="fail", source="otel", at_ns=1),
        Score(project="default", trace_id=trace_id(2), name="tone", value=0.5, source="otel", at_ns=1),
    ]
    desk.store.write(TelemetryBatch(token="words", scores=words))
    params = {"what": "scores", "format": "jsonl"}
    file = desk.client.get("/api/v1/export", params=params).content

    assert desk.client.post("/api/v1/import", params=params, content=file).json()["scores"] == 2

    assert desk.again == [("default", trace_id(1))]
