"""Projects, keys, prices, views, jobs and idempotency through the REST door."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from roadworthy.contracts.telemetry import RunQuery, TelemetryBatch
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Run
from tests.unit.doors.rest.desk import START, Desk, a_run, trace_id

PRICE = {
    "model": "gpt-5*",
    "from_day": "2026-01-01",
    "input_usd_per_mtok": 1.25,
    "output_usd_per_mtok": 10,
}


def test_the_default_project_is_always_there(desk: Desk) -> None:
    assert [p["id"] for p in desk.client.get("/api/v1/projects").json()["items"]] == ["default"]
    changed = desk.client.patch(
        "/api/v1/projects/default", json={"retention_days": 30, "name": "Mine"}
    ).json()
    assert (changed["name"], changed["retention_days"]) == ("Mine", 30)
    assert desk.client.get("/api/v1/storage").json()["retention_days"] == 30
    assert desk.client.delete("/api/v1/projects/default").status_code == 409


def test_a_project_from_making_to_deleting(desk: Desk) -> None:
    made = desk.client.post("/api/v1/projects", json={"id": "shop", "require_key": True})
    assert (made.status_code, made.json()["name"]) == (201, "shop")
    assert desk.client.post("/api/v1/projects", json={"id": "shop"}).status_code == 409
    kept = desk.client.patch("/api/v1/projects/shop", json={"name": "The shop"}).json()
    assert (kept["require_key"], kept["name"]) == (True, "The shop")
    unlimited = desk.client.patch("/api/v1/projects/shop", json={"retention_days": None})
    assert unlimited.json()["retention_days"] is None
    assert desk.client.delete("/api/v1/projects/shop").status_code == 204
    assert desk.client.get("/api/v1/projects/shop").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/projects", {"id": "Not A Slug"}, "body.id"),
        ("/projects", {"id": "x", "retention_days": 0}, "body.retention_days"),
        ("/projects", {"id": "x", "retntion_days": 5}, "body.retntion_days"),
        ("/projects/default/keys", {"name": ""}, "body.name"),
        ("/projects/default/keys", {"name": "k", "scopes": ["root"]}, "body.scopes.0"),
        ("/prices", {**PRICE, "input_usd_per_mtok": -1}, "body.input_usd_per_mtok"),
        ("/prices", {**PRICE, "from_day": "2026-02-30"}, "body.from_day"),
        ("/prices", {**PRICE, "model": "gpt*5"}, "body.model"),
        ("/views", {"name": "v", "page": "nowhere", "query": ""}, "body.page"),
    ],
)
def test_a_bad_field_is_named(desk: Desk, path: str, body: dict[str, Any], field: str) -> None:
    answer = desk.client.post(f"/api/v1{path}", json=body)
    assert answer.status_code in (400, 422)
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": "\xff"}', b"null"])
def test_a_body_that_is_no_json_is_a_problem(desk: Desk, body: bytes) -> None:
    answer = desk.client.post("/api/v1/projects", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_keys_secret_is_shown_once(desk: Desk) -> None:
    made = desk.client.post("/api/v1/projects/default/keys", json={"name": "my agents"}).json()
    assert made["secret"].startswith(f"rw_{made['id']}_")
    assert made["scopes"] == ["ingest"]
    (listed,) = desk.client.get("/api/v1/projects/default/keys").json()["items"]
    assert "secret" not in listed
    assert desk.client.delete(f"/api/v1/projects/default/keys/{made['id']}").status_code == 204
    assert desk.client.delete(f"/api/v1/projects/default/keys/{made['id']}").status_code == 404
    (listed,) = desk.client.get("/api/v1/projects/default/keys").json()["items"]
    assert listed["revoked_at"] is not None


def test_a_price_of_the_same_model_and_day_replaces_the_one_before(desk: Desk) -> None:
    first = desk.client.post("/api/v1/prices", json=PRICE).json()
    second = desk.client.post("/api/v1/prices", json={**PRICE, "output_usd_per_mtok": 8}).json()
    assert first["id"] == second["id"]
    (price,) = desk.client.get("/api/v1/prices").json()["items"]
    assert price["output_usd_per_mtok"] == 8
    assert price["reasoning_usd_per_mtok"] is None


def test_history_is_priced_again(desk: Desk) -> None:
    desk.write(*range(1, 120))
    desk.jobs.start()
    try:
        job = desk.client.post("/api/v1/prices/recompute", json={}).json()
        assert (job["status"], job["unit"]) == ("waiting", "runs")
        deadline = time.monotonic() + 60
        while job["status"] not in ("done", "failed") and time.monotonic() < deadline:
            time.sleep(0.05)
            job = desk.client.get(f"/api/v1/jobs/{job['id']}").json()
    finally:
        desk.jobs.stop()
    assert (job["status"], job["done"], job["total"]) == ("done", 119, 119), job
    runs = desk.client.get("/api/v1/runs", params={"limit": 1000}).json()["items"]
    assert {run["cost_usd"] for run in runs} == {100.0}
    model, tool = desk.client.get(f"/api/v1/runs/{trace_id(3)}/spans").json()["items"]
    assert (model["cost_usd"], tool["cost_usd"]) == (100.0, None)


def test_a_job_can_be_stopped_before_it_begins(desk: Desk) -> None:
    job = desk.client.post("/api/v1/prices/recompute", json={}).json()
    stopped = desk.client.post(f"/api/v1/jobs/{job['id']}/cancel").json()
    assert stopped["status"] == "cancelled"
    assert [j["id"] for j in desk.client.get("/api/v1/jobs").json()["items"]] == [job["id"]]


def test_the_same_request_twice_is_done_once(desk: Desk) -> None:
    headers = {"Idempotency-Key": "abc"}
    view = {"name": "errors", "page": "runs", "query": "filter=status:%3D:error"}
    first = desk.client.post("/api/v1/views", json=view, headers=headers)
    again = desk.client.post("/api/v1/views", json=view, headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(desk.metadata.views("default")) == 1
    other = desk.client.post("/api/v1/views", json={**view, "name": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_the_same_request_many_times_at_once_is_done_once(desk: Desk) -> None:
    def send(_: int) -> str:
        body = {"name": "v", "page": "runs", "query": ""}
        headers = {"Idempotency-Key": "k"}
        return str(desk.client.post("/api/v1/views", json=body, headers=headers).json()["id"])

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(send, range(16)))
    assert len(ids) == 1
    assert len(desk.metadata.views("default")) == 1


def test_a_secret_is_not_kept_for_a_repeated_request(desk: Desk, tmp_path: Any) -> None:
    headers = {"Idempotency-Key": "abc"}
    first = desk.client.post("/api/v1/projects/default/keys", json={"name": "k"}, headers=headers).json()
    again = desk.client.post("/api/v1/projects/default/keys", json={"name": "k"}, headers=headers).json()
    assert (again["id"], again["secret"]) == (first["id"], None)
    secret = first["secret"].split("_", 2)[2].encode()
    written = b"".join(path.read_bytes() for path in tmp_path.glob("roadworthy.db*"))
    assert secret not in written


def test_a_failed_request_is_not_remembered(desk: Desk) -> None:
    headers = {"Idempotency-Key": "abc"}
    desk.add_project("shop")
    assert desk.client.post("/api/v1/projects", json={"id": "shop"}, headers=headers).status_code == 409
    desk.metadata.delete_project("shop")
    assert desk.client.post("/api/v1/projects", json={"id": "shop"}, headers=headers).status_code == 201


def test_rejected_data_is_shown_with_its_reason(desk: Desk) -> None:
    rejected = Rejection(
        project="default",
        at_ns=START,
        signal="traces",
        reason="trace_id: 3 bytes",
        code="bad_trace_id",
        count=2,
    )
    desk.store.write(TelemetryBatch(token="t", rejections=[rejected]))
    (row,) = desk.client.get("/api/v1/rejections").json()["items"]
    assert (row["code"], row["count"], row["reason"]) == ("bad_trace_id", 2, "trace_id: 3 bytes")


def test_a_database_that_is_held_by_another_is_a_503(desk: Desk, tmp_path: Path) -> None:
    view = {"name": "v", "page": "runs", "query": ""}
    with closing(sqlite3.connect(tmp_path / "roadworthy.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = desk.client.post("/api/v1/views", json=view)
        assert (answer.status_code, answer.json()["code"]) == (503, "metadata_unavailable")
        assert answer.headers["retry-after"] == "2"
        assert desk.client.get("/api/v1/views").json()["items"] == [], "reading goes on"
    assert desk.client.post("/api/v1/views", json=view).status_code == 201


def test_storage_says_what_there_is(desk: Desk) -> None:
    desk.write_runs(a_run(1))
    said = desk.client.get("/api/v1/storage").json()
    assert (said["runs"], said["spans"]) == (1, 0)
    assert said["days"] == ["2025-11-24"]


def test_the_server_says_where_agents_send_to(desk: Desk) -> None:
    said = desk.client.get("/api/v1/server").json()
    assert said["otlp_http_url"] == "http://127.0.0.1:4318"
    assert said["healthy"] is True


def test_a_project_made_again_under_an_id_that_was_deleted_has_no_runs(desk: Desk) -> None:
    desk.client.post("/api/v1/projects", json={"id": "shop"})
    run = Run(project="shop", id="1" * 32, trace_ids=("1" * 32,), sort_ns=10**18, started_ns=10**18)
    desk.store.write(TelemetryBatch(token="one", runs=[run]))
    assert desk.client.delete("/api/v1/projects/shop").status_code == 204
    # On its way into the store when the project went.
    desk.store.write(TelemetryBatch(token="two", runs=[run]))
    assert desk.client.post("/api/v1/projects", json={"id": "shop"}).status_code == 201

    assert desk.store.runs("shop", RunQuery()) == []
