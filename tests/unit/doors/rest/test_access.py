"""Who may do what: every kind of asker against every kind of endpoint."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from roadworthy.contracts.metadata import Person
from roadworthy.domain.project import KeyScope
from roadworthy.doors.rest.access import COOKIE
from roadworthy.kit.passwords import hash_password
from roadworthy.kit.secrets import secret_hash
from tests.unit.doors.rest.desk import Desk, trace_id

READS = [
    "/runs",
    "/fleet",
    "/aggregates",
    "/sessions",
    "/fields",
    "/prices",
    "/views",
    "/rejections",
    "/storage",
]
PASSWORD = "correct horse battery"
ASKERS = ("nobody", "wrong_key", "ingest_key", "read_key", "admin_key", "person")

REQUESTS = {
    "read": ("GET", "/runs", None),
    "change_own": ("POST", "/views", {"name": "v", "page": "runs", "query": ""}),
    "make_key": ("POST", "/projects/own/keys", {"name": "k"}),
    "make_project": ("POST", "/projects", {"id": "new"}),
}
EXPECTED = {
    #              read  change_own  make_key  make_project
    "nobody": (401, 401, 401, 401),
    "wrong_key": (401, 401, 401, 401),
    "ingest_key": (403, 403, 403, 403),
    "read_key": (200, 403, 403, 403),
    "admin_key": (200, 201, 201, 403),
    "person": (200, 201, 201, 201),
}


def headers_of(desk: Desk, asker: str) -> dict[str, str]:
    desk.add_project("own")
    if asker.endswith("_key") and asker != "wrong_key":
        return desk.add_key("own", KeyScope(asker.removesuffix("_key")))
    if asker == "wrong_key":
        right = desk.add_key("own", KeyScope.ADMIN)["authorization"]
        return {"authorization": right[:-1] + ("a" if right[-1] != "a" else "b")}
    if asker == "person":
        log_in(desk)
    return {}


def log_in(desk: Desk) -> None:
    """From now on the client has the cookie."""
    desk.metadata.save_person(
        Person(name="ada", password_hash=hash_password(PASSWORD), created_ns=time.time_ns())
    )
    answer = desk.client.post("/api/v1/login", json={"name": "ada", "password": PASSWORD})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("asker", ASKERS)
def test_who_may_do_what(guarded_desk: Desk, asker: str) -> None:
    headers = headers_of(guarded_desk, asker)
    got = []
    for method, path, body in REQUESTS.values():
        answer = guarded_desk.client.request(method, f"/api/v1{path}", json=body, headers=headers)
        got.append(answer.status_code)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
    assert tuple(got) == EXPECTED[asker]


def test_on_loopback_nobody_is_asked(desk: Desk) -> None:
    assert desk.client.get("/api/v1/runs").status_code == 200
    assert desk.client.get("/api/v1/me").json()["kind"] == "local"


def test_a_wrong_key_is_refused_even_where_none_is_needed(desk: Desk) -> None:
    answer = desk.client.get("/api/v1/runs", headers={"authorization": "Bearer rw_000000000000_x"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Basic YWRhOng=", "Bearer", "Bearer ", "rw_0_x", "\xff"])
def test_a_header_that_is_no_key_is_a_wrong_key(desk: Desk, header: str) -> None:
    raw = {b"authorization": header.encode("latin-1")}
    answer = desk.client.get("/api/v1/runs", headers=raw)
    assert answer.status_code == 401


def test_a_key_may_come_as_x_api_key(guarded_desk: Desk) -> None:
    key = headers_of(guarded_desk, "read_key")["authorization"].removeprefix("Bearer ")
    assert guarded_desk.client.get("/api/v1/runs", headers={"x-api-key": key}).status_code == 200


def test_a_revoked_key_is_refused_at_once(guarded_desk: Desk) -> None:
    headers = headers_of(guarded_desk, "read_key")
    (key,) = guarded_desk.metadata.keys("own")
    assert guarded_desk.client.get("/api/v1/runs", headers=headers).status_code == 200
    guarded_desk.metadata.revoke_key(key.id, at_ns=time.time_ns())
    assert guarded_desk.client.get("/api/v1/runs", headers=headers).status_code == 401


def test_it_is_noted_when_a_key_was_used(guarded_desk: Desk) -> None:
    headers = headers_of(guarded_desk, "admin_key")
    for _ in range(3):
        (key,) = guarded_desk.client.get("/api/v1/projects/own/keys", headers=headers).json()["items"]
        assert key["last_used_at"] is not None
    counter = guarded_desk.metadata.change_counter()
    guarded_desk.client.get("/api/v1/runs", headers=headers)
    assert guarded_desk.metadata.change_counter() == counter, "once a minute, not with each request"


@pytest.mark.parametrize("path", READS)
def test_a_key_sees_its_own_project_only(guarded_desk: Desk, path: str) -> None:
    headers = headers_of(guarded_desk, "read_key")
    assert guarded_desk.client.get(f"/api/v1{path}", headers=headers).status_code == 200
    for elsewhere in ("default", "other"):
        answer = guarded_desk.client.get(f"/api/v1{path}", params={"project": elsewhere}, headers=headers)
        assert answer.status_code == 404, "the same answer for a project that is there and one that is not"


def test_runs_of_another_project_cannot_be_reached_by_their_ids(guarded_desk: Desk) -> None:
    headers = headers_of(guarded_desk, "admin_key")
    guarded_desk.write(1)
    guarded_desk.write(2, project="own")
    for rest in ("", "/spans", "/scores", f"/compare/{trace_id(2)}"):
        answer = guarded_desk.client.get(f"/api/v1/runs/{trace_id(1)}{rest}", headers=headers)
        assert answer.status_code == 404
    assert (
        guarded_desk.client.get(
            f"/api/v1/runs/{trace_id(2)}/compare/{trace_id(1)}", headers=headers
        ).status_code
        == 404
    )
    found = guarded_desk.client.get("/api/v1/search", params={"text": "zanzibar"}, headers=headers).json()
    assert {hit["run_id"] for hit in found["items"]} == {trace_id(2)}
    assert [
        p["id"] for p in guarded_desk.client.get("/api/v1/projects", headers=headers).json()["items"]
    ] == ["own"]
    assert guarded_desk.client.get("/api/v1/server", headers=headers).json()["runs"] == 1


def test_prices_keys_views_and_jobs_of_another_project_cannot_be_changed(guarded_desk: Desk) -> None:
    headers = headers_of(guarded_desk, "admin_key")
    guarded_desk.add_project("other")
    other = guarded_desk.add_key("other", KeyScope.ADMIN)
    post = guarded_desk.client.post
    price = {"model": "m", "from_day": "2026-01-01", "input_usd_per_mtok": 1, "output_usd_per_mtok": 1}
    price_id = post("/api/v1/prices", json=price, headers=other).json()["id"]
    view = {"name": "v", "page": "runs", "query": ""}
    view_id = post("/api/v1/views", json=view, headers=other).json()["id"]
    job_id = post("/api/v1/prices/recompute", json={}, headers=other).json()["id"]
    (key,) = guarded_desk.metadata.keys("other")

    delete = guarded_desk.client.delete
    assert delete(f"/api/v1/prices/{price_id}", headers=headers).status_code == 404
    assert delete(f"/api/v1/views/{view_id}", headers=headers).status_code == 404
    assert delete(f"/api/v1/projects/own/keys/{key.id}", headers=headers).status_code == 404
    assert delete(f"/api/v1/projects/other/keys/{key.id}", headers=headers).status_code == 404
    assert guarded_desk.client.get(f"/api/v1/jobs/{job_id}", headers=headers).status_code == 404
    assert post(f"/api/v1/jobs/{job_id}/cancel", headers=headers).status_code == 404
    assert guarded_desk.client.patch(
        "/api/v1/projects/other", json={"name": "mine"}, headers=headers
    ).status_code in (403, 404)
    assert delete(f"/api/v1/prices/{price_id}", headers=other).status_code == 204


def test_logging_in_and_out(guarded_desk: Desk) -> None:
    log_in(guarded_desk)
    client = guarded_desk.client
    cookie = next(c for c in client.cookies.jar if c.name == COOKIE)
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"
    assert client.get("/api/v1/me").json()["name"] == "ada"
    token = cookie.value
    assert client.post("/api/v1/logout").status_code == 204
    client.cookies.set(COOKIE, str(token))
    assert client.get("/api/v1/me").status_code == 401, "the session is gone on the server too"


def test_only_a_hash_of_the_cookie_is_kept(guarded_desk: Desk) -> None:
    log_in(guarded_desk)
    token = str(guarded_desk.client.cookies[COOKIE])
    assert guarded_desk.metadata.session(token) is None
    assert guarded_desk.metadata.session(secret_hash(token)) is not None


def test_a_session_ends(guarded_desk: Desk) -> None:
    log_in(guarded_desk)
    session = guarded_desk.metadata.session(secret_hash(str(guarded_desk.client.cookies[COOKIE])))
    assert session is not None
    guarded_desk.metadata.add_session(replace(session, expires_ns=time.time_ns() - 1))
    assert guarded_desk.client.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_all_sessions(guarded_desk: Desk) -> None:
    log_in(guarded_desk)
    guarded_desk.metadata.save_person(
        Person(name="ada", password_hash=hash_password("another long one"), created_ns=1)
    )
    assert guarded_desk.client.get("/api/v1/me").status_code == 401


def test_guessing_passwords_is_slowed_down(guarded_desk: Desk) -> None:
    answers = [
        guarded_desk.client.post("/api/v1/login", json={"name": "eve", "password": f"guess {n}"})
        for n in range(11)
    ]
    assert [a.status_code for a in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    other = guarded_desk.client.post("/api/v1/login", json={"name": "ada", "password": "guess"})
    assert other.status_code == 401, "others are not locked out with it"


def test_an_unknown_name_and_a_wrong_password_look_the_same(guarded_desk: Desk) -> None:
    log_in(guarded_desk)
    wrong = guarded_desk.client.post("/api/v1/login", json={"name": "ada", "password": "wrong"})
    nobody = guarded_desk.client.post("/api/v1/login", json={"name": "bob", "password": "wrong"})
    assert (wrong.status_code, wrong.json()) == (nobody.status_code, nobody.json())
