"""Connectors over REST: declared, tried, called, profiled, corrected."""

from __future__ import annotations

import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.project import KeyScope
from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.rest.desk import Desk, open_desk

API = "/api/v1"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "server").mkdir()
    return open_desk(tmp_path / "server", RestSettings(version="test"))


def database(folder: Path) -> str:
    file = folder / "crm.db"
    with sqlite3.connect(file) as connection:
        connection.execute("create table kunden(KUNNR text primary key, e_mail text, ort text)")
        rows = [(f"{n:010d}", f"a{n}@example.com", "Wien") for n in range(120)]
        connection.executemany("insert into kunden values (?, ?, ?)", rows)
    connection.close()
    return f"sqlite:///{file}"


def declared(url: str) -> str:
    return f"connector: crm\nkind: sql\nallow_private: true\nsettings:\n  url: {url}\n"


def test_a_file_is_applied_and_the_same_again_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    text = declared(database(tmp_path))

    dry = desk.client.post(f"{API}/connector-file", json={"yaml": text, "dry_run": True}).json()
    first = desk.client.post(f"{API}/connector-file", json={"yaml": text}).json()
    again = desk.client.post(f"{API}/connector-file", json={"yaml": text}).json()

    assert [one["changes"][0]["change"] for one in (dry, first, again)] == ["added", "added", "same"]
    written = desk.client.get(f"{API}/connector-file").json()["yaml"]
    assert (
        desk.client.post(f"{API}/connector-file", json={"yaml": written}).json()["changes"][0]["change"]
        == "same"
    )


def test_from_declared_to_profiled_and_corrected(desk: Desk, tmp_path: Path) -> None:
    desk.client.post(f"{API}/connector-file", json={"yaml": declared(database(tmp_path))})
    assert desk.client.post(f"{API}/connectors/crm/test").json()["said"] == "sqlite answers"
    names = [one["name"] for one in desk.client.get(f"{API}/connectors/crm/tools").json()["items"]]
    assert names == ["describe", "query"]
    call = f"{API}/connectors/crm/tools/query"
    good = desk.client.post(call, json={"arguments": {"sql": "select count(*) as n from kunden"}}).json()
    assert (good["ok"], good["structured"]["rows"]) == (True, [[120]])
    bad = desk.client.post(call, json={"arguments": {"sql": "delete from kunden"}}).json()
    assert (bad["ok"], bad["failure"]["code"]) == (False, "contract_refused")

    assert desk.client.get(f"{API}/connectors/crm/dictionary").status_code == 404
    desk.jobs.start()
    job = desk.client.post(f"{API}/connectors/crm/dictionary/profile", json={}).json()
    until = time.monotonic() + 60
    while job["status"] in ("waiting", "running") and time.monotonic() < until:
        time.sleep(0.05)
        job = desk.client.get(f"{API}/jobs/{job['id']}").json()
    desk.jobs.stop()
    assert job["status"] == "done", job
    fields = by_name(desk)
    assert (fields["KUNNR"]["meaning"], fields["KUNNR"]["key"]) == ("customer number", "primary")
    assert (fields["e_mail"]["pii"], fields["e_mail"]["examples"]) == ("email", [])

    said = {"corrections": [{"table": "kunden", "field": "ort", "meaning": "place of the branch"}]}
    assert desk.client.patch(f"{API}/connectors/crm/dictionary", json=said).status_code == 200
    assert by_name(desk)["ort"]["meaning"] == "place of the branch"
    wrong = {"corrections": [{"table": "kunden", "field": "gone", "meaning": "x"}]}
    assert desk.client.patch(f"{API}/connectors/crm/dictionary", json=wrong).status_code == 400
    assert desk.client.delete(f"{API}/connectors/crm").status_code == 204
    assert desk.client.get(f"{API}/connectors/crm").status_code == 404


def by_name(desk: Desk) -> dict[str, Any]:
    (table,) = desk.client.get(f"{API}/connectors/crm/dictionary").json()["tables"]
    return {one["name"]: one for one in table["fields"]}


def test_what_is_wrong_is_named(desk: Desk) -> None:
    answer = desk.client.put(
        f"{API}/connectors/crm", json={"kind": "http", "settings": {"url": "ftp://x", "operations": {}}}
    )

    assert answer.status_code == 400
    assert "body.settings.url" in {one["field"] for one in answer.json()["errors"]}


def test_a_projects_key_reaches_no_files_of_the_server(desk: Desk, tmp_path: Path) -> None:
    key = desk.add_key("default", KeyScope.ADMIN)

    for text in (
        declared(database(tmp_path)),
        "connector: a\nkind: mcp\nsettings: {command: /bin/sh}\n",
        "connector: a\nkind: batch\nsettings:\n  source: {type: folder, path: /etc}\n"
        "  tables: {t: {files: '*'}}\n",
    ):
        answer = desk.client.post(f"{API}/connector-file", json={"yaml": text}, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "project_key")


def test_secrets_are_entered_and_never_shown(desk: Desk) -> None:
    settings = {
        "url": "https://crm.example.com",
        "auth": {"type": "bearer", "token": {"secret": "t"}},
        "operations": {"find": {"path": "/x"}},
    }
    made = desk.client.put(f"{API}/connectors/crm", json={"kind": "http", "settings": settings}).json()
    assert made["problem"] == "secrets to be entered: t"

    shown = desk.client.put(f"{API}/connectors/crm/secrets/t", json={"value": "s3cret-value"})

    assert shown.json()["secrets"] == [{"name": "t", "present": True}]
    assert "s3cret-value" not in shown.text + desk.client.get(f"{API}/connectors").text


def test_a_program_that_fails_says_why(desk: Desk) -> None:
    """What it wrote to standard error is shown to people; what is a secret in it is not."""
    token = "sk-ant-api03-" + "A" * 93 + "-" + "B" * 6 + "AA"
    code = f"import sys; sys.exit('no licence for {token}')"
    body = {"kind": "mcp", "settings": {"command": sys.executable, "arguments": ["-c", code]}}
    assert desk.client.put(f"{API}/connectors/files", json=body).status_code == 200
    tested = desk.client.post(f"{API}/connectors/files/test").json()
    assert tested["ok"] is False
    (said,) = tested["stderr"]
    assert said.startswith("no licence for ") and token not in said
    # No gateway runs here, and nothing of what it does is made up.
    state = desk.client.get(f"{API}/connectors/files/state").json()
    assert (state["known"], state["calls"], state["stderr"]) == (False, 0, [])
