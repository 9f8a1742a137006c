"""The first minutes with an empty product: what to do, the first run arriving, keys, what was refused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys import traffic
from tests.journeys.conftest import Visit
from tests.product import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_from_nothing_to_the_first_run(empty: Visit) -> None:
    page = empty.open("/")
    expect(page.get_by_role("heading", name="No agent has reported yet")).to_be_visible()
    empty.photograph("fleet-empty")
    empty.assert_accessible()

    endpoint = page.get_by_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={empty.server.otlp_url}")
    expect(endpoint).to_be_visible()

    page.get_by_role("main").get_by_role("link", name="Show the lines for my framework").click()
    expect(endpoint).to_be_visible()
    expect(page.get_by_text("Waiting for the first run")).to_be_visible()
    empty.photograph("connect-waiting")
    empty.assert_accessible()

    sent = traffic.task("Where is order A-17?", answer="It was delivered on Monday.")
    assert empty.server.send(traffic.body(sent)).status == 200

    expect(page.get_by_text("A run arrived")).to_be_visible()
    empty.photograph("connect-arrived")
    page.get_by_role("link", name="Look at it").click()
    expect(page).to_have_url(re.compile(f"/runs/{sent.id}"))
    expect(page.get_by_role("heading", name="Where is order A-17?")).to_be_visible()
    expect(page.get_by_text("It was delivered on Monday.").first).to_be_visible()


def test_runs_arrive_while_somebody_looks(empty: Visit) -> None:
    first = traffic.task("the first question")
    empty.server.send(traffic.body(first))
    wait_until(lambda: len(empty.server.all_runs()) == 1, seconds=20, what="the first run")
    page = empty.open("/runs")
    rows = page.get_by_role("table", name="Runs").get_by_role("row")
    expect(rows.filter(has_text="the first question")).to_be_visible()

    empty.server.send(traffic.body(traffic.task("the second question")))

    # What somebody reads does not move under them: new runs wait behind a button.
    page.get_by_role("button", name="1 new run").click()
    expect(rows.filter(has_text="the second question")).to_be_visible()


def test_a_key_is_made_shown_once_and_used(empty: Visit) -> None:
    page = empty.open("/settings/keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("refund desk")
    dialog.get_by_role("button", name="Make key").click()
    expect(dialog.get_by_role("heading", name="Copy the key now")).to_be_visible()
    found = re.search(r"rw_[\w-]+", dialog.inner_text())
    assert found
    secret = found[0]
    empty.photograph("settings-key-made")
    empty.assert_accessible()
    dialog.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("cell", name="refund desk")).to_be_visible()
    assert secret not in page.content()

    sent = traffic.task("sent with a key")
    body = traffic.body(sent)
    # Both processes learn of a new key within a second or two.
    wait_until(
        lambda: empty.server.send(body, headers={"x-api-key": secret}).status == 200,
        seconds=10,
        what="the key is accepted",
    )
    assert empty.server.send(body, headers={"x-api-key": secret[:-1] + "x"}).status == 401

    page.get_by_role("button", name=re.compile("Revoke")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until(
        lambda: empty.server.send(body, headers={"x-api-key": secret}).status == 401,
        seconds=10,
        what="the revoked key is refused",
    )


def test_refused_data_is_shown_with_its_reason(empty: Visit) -> None:
    page = empty.open("/settings/rejected")
    expect(page.get_by_text("Nothing was rejected")).to_be_visible()

    assert empty.server.send(b"this is no protobuf message").status == 400
    assert empty.server.send(b"{", content_type="application/json").status == 400

    wait_until(
        lambda: len(empty.server.json("/api/v1/rejections")["items"]) >= 1,
        seconds=20,
        what="the rejections are recorded",
    )
    page.reload()
    table = page.get_by_role("table", name="Rejected data")
    expect(table.get_by_role("row").nth(1)).to_contain_text("traces")
    empty.photograph("settings-rejected")
    empty.assert_accessible()


def test_a_project_is_made_and_kept_apart(empty: Visit) -> None:
    page = empty.open("/settings/projects")
    page.get_by_role("button", name="New project").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Id").fill("billing")
    dialog.get_by_label("Name").fill("Billing")
    dialog.get_by_role("button", name="Make project").click()
    expect(page.get_by_role("cell", name="Billing", exact=True)).to_be_visible()
    empty.photograph("settings-projects")
    empty.assert_accessible()

    empty.server.send(traffic.body(traffic.task("for the default project")))
    wait_until(lambda: len(empty.server.all_runs()) == 1, seconds=20, what="the run")

    page = empty.open("/?project=billing")
    expect(page.get_by_role("heading", name="No agent has reported yet")).to_be_visible()
