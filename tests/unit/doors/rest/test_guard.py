"""What every request passes first: Host, Origin, headers; and the page behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.doors.rest.context import Health
from tests.unit.doors.rest.desk import Desk

UNSAFE = ("POST", "/api/v1/views", {"name": "v", "page": "runs", "query": ""})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8420", "LOCALHOST:1", "[::1]:8420"])
def test_it_answers_to_loopback_names(desk: Desk, host: str) -> None:
    assert desk.client.get("/api/v1/runs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8420", "localhost.evil.example", ""]
)
def test_it_does_not_answer_to_a_name_that_was_pointed_at_it(desk: Desk, host: str) -> None:
    for path in ("/api/v1/runs", "/", "/metrics", "/mcp"):
        answer = desk.client.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert answer.json()["code"] == "unknown_host"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_another_sites_page_cannot_change_anything(desk: Desk, headers: dict[str, str]) -> None:
    method, path, body = UNSAFE
    answer = desk.client.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert desk.metadata.views("default") == []


@pytest.mark.parametrize("headers", [{}, {"origin": "http://127.0.0.1:8420"}])
def test_its_own_page_and_programs_can(desk: Desk, headers: dict[str, str]) -> None:
    method, path, body = UNSAFE
    assert desk.client.request(method, path, json=body, headers=headers).status_code == 201


def test_careful_headers_are_on_everything(desk: Desk) -> None:
    for path in ("/", "/api/v1/runs", "/api/v1/nothing", "/healthz"):
        headers = desk.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]
    assert desk.client.get("/api/v1/runs").headers["cache-control"] == "no-store"


def test_the_page_says_how_to_build_it(desk: Desk) -> None:
    answer = desk.client.get("/")
    assert answer.status_code == 200
    assert "make web" in answer.text


@pytest.fixture
def built(desk: Desk, tmp_path: Path) -> Desk:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>the page</title>")
    (static / "assets" / "app-1a2b.js").write_text("run()")
    (tmp_path / "secret.txt").write_text("secret")
    (static / "link").symlink_to(tmp_path / "secret.txt")
    return desk


@pytest.mark.parametrize("path", ["/", "/runs", "/runs/abc/deep?x=1", "/settings/keys"])
def test_the_page_does_its_own_routing(built: Desk, path: str) -> None:
    answer = built.client.get(path)
    assert "the page" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_hashed_files_are_kept_for_ever(built: Desk) -> None:
    answer = built.client.get("/assets/app-1a2b.js")
    assert answer.text == "run()"
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]


def test_a_script_that_is_not_there_is_not_a_page(built: Desk) -> None:
    assert built.client.get("/assets/old-9.js").status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/link", "/a%00b"]
)
def test_only_files_of_the_folder_are_served(built: Desk, path: str) -> None:
    answer = built.client.get(path)
    assert "secret" not in answer.text


def test_what_is_not_in_the_api_is_a_problem(desk: Desk) -> None:
    for answer in (desk.client.get("/api/v1/nothing"), desk.client.post("/api/nothing")):
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    answer = desk.client.delete("/api/v1/runs")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_probes(desk: Desk) -> None:
    assert desk.client.get("/healthz").status_code == 200
    assert desk.client.get("/readyz").status_code == 200
    desk.health[0] = Health(ready=False, problems=("the store is starting",))
    answer = desk.client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the store is starting")
    assert desk.client.get("/healthz").status_code == 200


def test_metrics_need_a_key_where_log_in_is_needed(desk: Desk, guarded_desk: Desk) -> None:
    assert "# TYPE" in desk.client.get("/metrics").text
    assert guarded_desk.client.get("/metrics").status_code == 401
    for path in ("/healthz", "/readyz"):
        assert guarded_desk.client.get(path).status_code == 200
