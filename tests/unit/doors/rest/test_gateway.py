"""Providers, routes, gateway keys, budgets and the gateway's health through the API."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from roadworthy.domain.project import KeyScope
from roadworthy.kit.secrets import split_api_key
from tests.unit.doors.rest.desk import Desk

BASE = "/api/v1/gateway"
OPENAI = {"name": "openai", "preset": "openai", "key": "sk-very-secret"}
PLANNER = {"name": "planner", "targets": [{"provider": "openai", "model": "gpt-5"}]}


def refused(desk: Desk, path: str, body: dict[str, Any], *, field: str, method: str = "POST") -> str:
    answer = desk.client.request(method, f"{BASE}{path}", json=body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["errors"][0]
    assert error["field"] == field, error
    return str(error["message"])


def made(desk: Desk, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = desk.client.post(f"{BASE}{path}", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_provider_of_a_preset_never_tells_its_key(desk: Desk) -> None:
    shown = made(desk, "/providers", OPENAI)

    assert shown["bases"] == {"openai": "https://api.openai.com/v1"}
    assert shown["has_key"] is True
    everything = desk.client.get(f"{BASE}/providers").text + desk.client.get(f"{BASE}/routes.yaml").text
    assert "sk-very-secret" not in everything
    assert all(
        "sk-very-secret" not in one.body for one in desk.metadata.records("default", "gateway_provider")
    )


WRONG_PROVIDERS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "X"}, "body.name", "lower-case"),
    ({"name": "x", "preset": "nobody"}, "body.preset", "openai, anthropic"),
    ({"name": "x"}, "body.base_url", "https://host/v1"),
    ({"name": "x", "base_url": "ftp://x"}, "body.base_url", "https://"),
    ({"name": "x", "base_url": "http://example.com/v1"}, "body.base_url", "https://"),
    ({"name": "x", "base_url": "https://u:p@example.com"}, "body.base_url", "no user"),
    ({"name": "x", "base_url": "https://example.com/?a=1"}, "body.base_url", "no ?"),
    ({"name": "x", "base_url": "https://[::1"}, "body.base_url", "URL"),
    ({**OPENAI, "key_variable": "OPENAI_API_KEY"}, "body.key_variable", "either"),
    ({**OPENAI, "key": "sk a"}, "body.key", "ASCII"),
    ({**OPENAI, "headers": {"Authorization": "x"}}, "body.headers.Authorization", "no credential"),
    ({**OPENAI, "headers": {"x-a": "a\r\nb: c"}}, "body.headers.x-a", "one line"),
]


def test_a_wrong_provider_is_told_which_field(desk: Desk) -> None:
    for body, field, expected in WRONG_PROVIDERS:
        assert expected in refused(desk, "/providers", body, field=field)


def test_a_moved_provider_wants_its_key_again(desk: Desk) -> None:
    made(desk, "/providers", OPENAI)
    moved = {"preset": "openai", "base_url": "https://elsewhere.example/v1"}
    assert "address" in refused(desk, "/providers/openai", moved, field="body.key", method="PUT")
    again = desk.client.put(f"{BASE}/providers/openai", json={**moved, "key": "sk-2"})
    assert again.status_code == 200
    kept = desk.client.put(f"{BASE}/providers/openai", json={**moved, "at_once": 5})
    assert (kept.json()["has_key"], kept.json()["at_once"]) == (True, 5)


def test_an_admin_of_one_project_reaches_no_further(guarded_desk: Desk) -> None:
    guarded_desk.add_project("shop")
    headers = guarded_desk.add_key("shop", KeyScope.ADMIN)
    for more in ({"key": None, "key_variable": "HOME"}, {"preset": "ollama", "key": None}):
        answer = guarded_desk.client.post(f"{BASE}/providers", json={**OPENAI, **more}, headers=headers)
        assert answer.status_code == 403, more
    assert guarded_desk.client.post(f"{BASE}/providers", json=OPENAI, headers=headers).status_code == 201
    reader = guarded_desk.add_key("shop", KeyScope.READ)
    assert guarded_desk.client.post(f"{BASE}/routes", json=PLANNER, headers=reader).status_code == 403
    assert guarded_desk.client.get(f"{BASE}/keys", headers=reader).status_code == 403


def test_routes_are_kept_changed_and_deleted(desk: Desk) -> None:
    made(desk, "/providers", OPENAI)
    route = made(desk, "/routes", {**PLANNER, "models": ["gpt-*"], "hedge": "p95", "cache_s": 5})
    assert (route["hedge"], route["waits"]["first_byte_s"], route["agent"]) == ("p95", 60, None)

    changed = desk.client.put(f"{BASE}/routes/{route['id']}", json={**PLANNER, "name": "executor"})
    assert changed.json()["name"] == "executor"
    assert desk.client.get(f"{BASE}/providers/openai").json()["routes"] == ["executor"]
    assert desk.client.delete(f"{BASE}/providers/openai").status_code == 409
    assert desk.client.delete(f"{BASE}/routes/{route['id']}").status_code == 204
    assert desk.client.get(f"{BASE}/routes/{route['id']}").status_code == 404
    assert desk.client.delete(f"{BASE}/providers/openai").status_code == 204


WRONG_ROUTES: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "a b"}, "body.name", "letters"),
    ({"name": "planner"}, "body.name", "no other route of this scope"),
    ({"name": "gpt-x"}, "body.name", "gpt-*"),
    ({"release": "2"}, "body.release", "an agent"),
    ({"hedge": "soon"}, "body.hedge", "p95"),
    ({"models": ["plan*"]}, "body.models[0]", "covers the name"),
    ({"models": ["gpt-*"]}, "body.models[0]", "planner"),
    ({"targets": []}, "body.targets", "1 to 10"),
    ({"targets": [{"provider": "who", "model": "m"}]}, "body.targets[0].provider", "openai"),
    ({"targets": [{"provider": "openai"}]}, "body.targets[0].model", "model"),
    ({"targets": [{}]}, "body.targets[0]", "either"),
    ({"targets": [{"route": "nobody"}]}, "body.targets[0].route", "planner"),
    (
        {"targets": [{"provider": "openai", "model": "m", "parameters": {"model": "x"}}]},
        "body.targets[0].parameters.model",
        "its own field",
    ),
]


def test_a_wrong_route_is_told_which_field(desk: Desk) -> None:
    made(desk, "/providers", OPENAI)
    made(desk, "/routes", {**PLANNER, "models": ["gpt-*"]})
    for body, field, expected in WRONG_ROUTES:
        assert expected in refused(desk, "/routes", {**PLANNER, "name": "other", **body}, field=field)


def test_routes_in_a_circle_are_refused(desk: Desk) -> None:
    made(desk, "/providers", OPENAI)
    planner = made(desk, "/routes", PLANNER)
    made(desk, "/routes", {"name": "b", "targets": [{"route": "planner"}]})
    made(desk, "/routes", {"name": "c", "targets": [{"route": "b"}]})
    circle = {"name": "planner", "targets": [{"route": "c"}]}
    said = refused(desk, f"/routes/{planner['id']}", circle, field="body.targets", method="PUT")
    assert "planner → c → b → planner" in said
    assert desk.client.delete(f"{BASE}/routes/{planner['id']}").status_code == 409


def test_the_same_name_may_mean_another_model_for_an_agent(desk: Desk) -> None:
    made(desk, "/providers", OPENAI)
    made(desk, "/routes", PLANNER)
    made(desk, "/routes", {**PLANNER, "agent": "support"})
    made(desk, "/routes", {**PLANNER, "agent": "support", "release": "2"})
    assert len(desk.client.get(f"{BASE}/routes").json()["items"]) == 3


def test_a_file_of_routes_comes_back_the_same(desk: Desk) -> None:
    made(desk, "/providers", OPENAI)
    made(desk, "/providers", {"name": "box", "preset": "vllm", "base_url": "http://10.0.0.7:8000/v1"})
    made(desk, "/routes", {**PLANNER, "models": ["gpt-*"], "waits": {"total_s": None}})
    made(
        desk,
        "/routes",
        {"name": "judge", "targets": [{"provider": "box", "model": "q"}, {"route": "planner"}]},
    )

    file = desk.client.get(f"{BASE}/routes.yaml").text
    same = desk.client.post(f"{BASE}/routes/import", json={"text": file, "dry_run": False}).json()

    assert {one["what"] for one in same["changes"]} == {"same"}
    assert len(same["changes"]) == 4
    assert desk.client.get(f"{BASE}/routes.yaml").text == file

    desk.add_project("other")
    taken = desk.client.post(
        f"{BASE}/routes/import?project=other", json={"text": file, "dry_run": False}
    ).json()
    assert {one["what"] for one in taken["changes"]} == {"new"}
    assert taken["without_key"] == ["openai"]
    assert desk.client.get(f"{BASE}/routes.yaml?project=other").text == file


WRONG_FILES: list[tuple[str, str]] = [
    ("kind: teapot\nname: x\n", "body.text: documents[0].kind"),
    ("kind: provider\nname: x\npreset: openai\nkey: sk\n", "body.text: documents[0].key"),
    (
        "kind: route\nname: x\ntargets: [{provider: nobody, model: m}]\n",
        "body.text: documents[0].targets[0].provider",
    ),
    ("kind: route\nname: x\nodd: 1\ntargets: []\n", "body.text: documents[0].odd"),
    ("{", "body.text"),
]


def test_a_wrong_file_is_told_where(desk: Desk) -> None:
    for text, field in WRONG_FILES:
        refused(desk, "/routes/import", {"text": text}, field=field)


def test_a_gateway_key_is_shown_once_rotated_and_revoked(desk: Desk) -> None:
    made(desk, "/providers", OPENAI)
    made(desk, "/routes", PLANNER)
    key = made(desk, "/keys", {"name": "prod", "agent": "support", "routes": ["planner"]})
    assert split_api_key(key["secret"]) is not None
    assert key["base_url"] == "http://127.0.0.1:8421"

    rotated = desk.client.post(f"{BASE}/keys/{key['id']}/rotate", json={"overlap_s": 60}).json()
    assert rotated["id"] == key["id"]
    assert rotated["secret"] != key["secret"]
    assert [one["expires_at"] is None for one in rotated["secrets"]] == [True, False]
    listed = desk.client.get(f"{BASE}/keys").text
    assert key["secret"] not in listed and rotated["secret"] not in listed

    assert desk.client.delete(f"{BASE}/keys/{key['id']}").status_code == 204
    assert desk.client.delete(f"{BASE}/keys/{key['id']}").status_code == 404
    assert desk.client.post(f"{BASE}/keys/{key['id']}/rotate", json={}).status_code == 404


def test_a_key_for_a_route_that_is_not_there_is_refused(desk: Desk) -> None:
    refused(desk, "/keys", {"name": "x", "agent": "a", "routes": ["nobody"]}, field="body.routes[0]")


def test_budgets_say_what_was_spent(desk: Desk, tmp_path: Path) -> None:
    from roadworthy.backends.spend_store.sqlite import SqliteSpendStore
    from roadworthy.contracts.spend_store import SpendCell, SpentRow

    budget = made(desk, "/budgets", {"name": "all", "scope": "project", "period": "total", "usd": 10})
    assert (budget["spent_usd"], budget["share"]) == (0, 0)
    store = SqliteSpendStore(tmp_path / "gateway" / "budget.db")
    cell = SpendCell(project="default", budget=budget["id"], period="total")
    store.write([SpentRow(cell=cell, spent_usd=8.0, spent_tokens=5, reserved_usd=0.5)])
    store.close()

    now = desk.client.get(f"{BASE}/budgets/{budget['id']}").json()
    assert (now["spent_usd"], now["reserved_usd"], now["share"]) == (8.0, 0.5, 0.8)
    assert desk.client.delete(f"{BASE}/budgets/{budget['id']}").status_code == 204


WRONG_BUDGETS: list[tuple[dict[str, Any], str]] = [
    ({"usd": None}, "body.usd"),
    ({"scope": "model", "subject": "m"}, "body.scope"),
    ({"scope": "agent"}, "body.subject"),
    ({"subject": "x"}, "body.subject"),
]


def test_a_wrong_budget_is_told_which_field(desk: Desk) -> None:
    usual = {"name": "b", "scope": "project", "period": "day", "usd": 1}
    for more, field in WRONG_BUDGETS:
        refused(desk, "/budgets", {**usual, **more}, field=field)


def test_limits(desk: Desk) -> None:
    limit = made(desk, "/limits", {"scope": "agent", "requests_per_minute": 60})
    changed = desk.client.put(
        f"{BASE}/limits/{limit['id']}", json={"scope": "model", "subject": "openai/*", "tokens_per_minute": 9}
    )
    assert changed.json()["tokens_per_minute"] == 9
    refused(desk, "/limits", {"scope": "agent"}, field="body.requests_per_minute")
    assert desk.client.delete(f"{BASE}/limits/{limit['id']}").status_code == 204


def test_health_is_what_the_gateway_said_last(desk: Desk, tmp_path: Path) -> None:
    assert desk.client.get(f"{BASE}/health").json()["running"] is False
    upstream = {
        "breaker": "open",
        "reopens_in_s": 3,
        "in_flight": 1,
        "queued": 0,
        "calls": 9,
        "failures": 8,
        "retries_left": 2,
        "p50_ms": 12.5,
        "p95_ms": None,
    }
    told = {
        "at_ns": time.time_ns(),
        "started_ns": 1,
        "ready": True,
        "problems": [],
        "snapshot": {"age_s": 0.2, "version": 3, "from_file": False},
        "upstreams": {"default:openai/gpt-5": upstream, "other:openai/gpt-5": upstream},
        "recorder": {"kept": 5, "dropped": 1},
    }
    (tmp_path / "gateway").mkdir(exist_ok=True)
    (tmp_path / "gateway" / "state.json").write_text(json.dumps(told))

    shown = desk.client.get(f"{BASE}/health").json()

    assert (shown["running"], shown["ready"], shown["recordings_dropped"]) == (True, True, 1)
    assert [one["upstream"] for one in shown["upstreams"]] == ["openai/gpt-5"]


class _Model(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = {
            "id": "r",
            "model": f"{asked['model']}-2026",
            "usage": {"prompt_tokens": 3, "completion_tokens": 1},
        }
        body = json.dumps(answer).encode()
        self.send_response(200 if asked["model"] == "good" else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@contextmanager
def a_model() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def test_a_test_call_says_who_answered(desk: Desk) -> None:
    with a_model() as url:
        made(desk, "/providers", {"name": "box", "base_url": url})
        targets = [{"provider": "box", "model": "good"}, {"provider": "box", "model": "gone"}]
        route = made(desk, "/routes", {"name": "r", "targets": targets})
        tested = desk.client.post(f"{BASE}/routes/{route['id']}/test", json={}).json()

    assert tested["ok"] is True
    good, gone = tested["targets"]
    assert (good["answered"], good["input_tokens"], good["status"]) == ("good-2026", 3, 200)
    assert (gone["ok"], gone["status"]) == (False, 404)
