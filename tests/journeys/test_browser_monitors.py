"""Monitors, their picture, objectives and what watches an agent: in a real browser, on two weeks of runs in
which one agent falls from 94 % to 79 %."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import product
from tests.journeys import two_weeks
from tests.journeys.conftest import PHONE, SMALL_LAPTOP, Visit, require_page, visit_to
from tests.product import Product, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A keen one, that people made: its alarm is there however careful those are that are there by themselves.
KEEN = {
    "agent": "support",
    "signal": "completion",
    "name": "support: completion, keen",
    "cautious": False,
    "patience_years": 5,
}


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    require_page()
    with product.running(product.product_in(tmp_path_factory.mktemp("fallen"))) as server:
        assert server.post("/api/v1/monitors", KEEN).status == 201
        two_weeks.send(server)
        wait_until(lambda: keen(server)["phase"] == "alarmed", seconds=60, what="the alarm")
        yield server


@pytest.fixture
def watching(browser: Browser, fallen: Product) -> Iterator[Visit]:
    context, visit = visit_to(fallen, browser)
    yield visit
    context.close()
    assert visit.complaints == []


def keen(server: Product) -> dict[str, Any]:
    items: list[dict[str, Any]] = server.json("/api/v1/monitors?agent=support")["items"]
    return next(each for each in items if each["name"] == KEEN["name"])


def test_the_list_has_what_wants_a_person_first(watching: Visit) -> None:
    page = watching.open("/")
    page.keyboard.press("g")
    page.keyboard.press("m")
    table = page.get_by_role("table", name="Monitors")
    first = table.get_by_role("row").nth(1)
    expect(first).to_contain_text("alarmed")
    expect(first).to_contain_text("threshold reached")
    expect(first).to_contain_text(re.compile(r"\d %.*n \d"))
    expect(table.get_by_text(re.compile("more judged runs needed")).first).to_be_visible()
    watching.photograph("monitors")
    watching.assert_accessible()
    # The one that is there by itself may have alarmed, too, and later.
    named = first.get_by_role("link").first.get_attribute("title")
    assert named
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(re.compile(f"{re.escape(named)}( alarmed|$)"))

    page = watching.open("/monitors?state=learning&agent=archive")
    expect(page.get_by_role("table").get_by_text("learning").first).to_be_visible()
    expect(page.get_by_role("table").get_by_text("support", exact=True)).to_have_count(0)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    watching.photograph("monitors-phone-dark")
    watching.assert_accessible()
    watching.assert_fits()


def test_the_picture_shows_what_fell_when_and_what_is_promised(watching: Visit) -> None:
    page = watching.open(f"/monitors/{keen(watching.server)['id']}")
    picture = page.get_by_role("img", name=re.compile("completion over time: first"))
    expect(picture).to_be_visible()
    marks = page.get_by_role("list", name="Releases and alarms in this time")
    expect(marks.get_by_role("link", name="1.1")).to_be_visible()
    expect(marks.get_by_role("link", name="alarm")).to_be_visible()
    expect(page.get_by_text("proven", exact=True).first).to_be_visible()
    expect(page.get_by_text("simulated", exact=True).first).to_be_visible()
    expect(page.get_by_role("region", name="Alarms")).to_contain_text("completion fell from")
    watching.photograph("monitor")
    watching.assert_accessible()
    page.get_by_role("link", name="its incident").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Incidents")
    expect(page.get_by_role("region", name="Alarms")).to_contain_text("completion fell from")

    page = watching.open(f"/monitors/{keen(watching.server)['id']}")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(SMALL_LAPTOP)
    expect(picture).to_be_visible()
    watching.photograph("monitor-dark")
    watching.assert_accessible()
    page.set_viewport_size(PHONE)
    watching.photograph("monitor-phone")
    watching.assert_fits()


def test_a_backtest_says_what_would_have_been_alarmed(watching: Visit) -> None:
    page = watching.open(f"/monitors/{keen(watching.server)['id']}")
    page.get_by_role("button", name="What would have been alarmed?").click()
    said = page.get_by_role("list", name="What would have been alarmed")
    expect(said).to_contain_text("completion fell from", timeout=60_000)
    said.scroll_into_view_if_needed()
    watching.photograph("monitor-backtest")
    watching.assert_accessible()
    assert "backtest=" in page.url


def test_rows_of_a_file_are_tried_and_a_long_one_is_called_off(watching: Visit) -> None:
    page = watching.open(f"/monitors/{keen(watching.server)['id']}")
    page.get_by_role("combobox", name="Over", exact=True).click()
    page.get_by_role("option", name="a CSV file").click()
    chosen = page.get_by_label("File: columns time and x")
    start = page.get_by_role("button", name="What would have been alarmed?")

    chosen.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"time,x\n2026-01-05,7\n"})
    start.click()
    expect(page.get_by_role("alert")).to_contain_text("line 2: x: a number of 0 to 1 was expected")
    watching.complaints.clear()

    chosen.set_input_files({"name": "fell.csv", "mimeType": "text/csv", "buffer": a_table(1_200)})
    start.click()
    said = page.get_by_role("list", name="What would have been alarmed")
    expect(said.get_by_role("listitem").first).to_be_visible(timeout=60_000)

    chosen.set_input_files({"name": "long.csv", "mimeType": "text/csv", "buffer": a_table(10_000)})
    with page.expect_response(re.compile("/monitors/backtest")) as answer:
        start.click()
    job = answer.value.json()["id"]
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("cancelled", exact=True)).to_be_visible(timeout=60_000)
    assert watching.server.json(f"/api/v1/jobs/{job}")["status"] == "cancelled"


def a_table(hours: int) -> bytes:
    """A result an hour: one of ten fails, then every second one."""
    begin = 1_767_600_000
    rows = (
        f"{begin + 3600 * n},{int(n % 2 == 0) if n > hours * 2 // 3 else int(n % 10 == 0)}"
        for n in range(hours)
    )
    return "\n".join(("time,x", *rows)).encode()


def test_a_monitor_learns_anew_what_is_usual(watching: Visit) -> None:
    items = watching.server.json("/api/v1/monitors?agent=billing")["items"]
    armed = next(each for each in items if each["signal"] == "completion")
    page = watching.open(f"/monitors/{armed['id']}")
    page.get_by_role("button", name=f"Actions for {armed['name']}").click()
    page.get_by_role("menuitem", name="Learn anew…").click()
    sure = page.get_by_role("button", name="Learn anew", exact=True)
    expect(sure).to_be_disabled()
    page.get_by_role("textbox", name="Why").fill("the new prompt is meant to refuse more")
    watching.assert_accessible()
    sure.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("learning")
    assert watching.server.json(f"/api/v1/monitors/{armed['id']}")["phase"] == "learning"


def test_a_monitor_is_paused_with_its_reason_and_goes_on(watching: Visit) -> None:
    name = "billing: error rate"
    items = watching.server.json("/api/v1/monitors?agent=billing")["items"]
    quiet = next(each for each in items if each["signal"] == "errors")
    page = watching.open(f"/monitors/{quiet['id']}")
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name="Pause…").click()
    page.get_by_label("Why (kept with the monitor)").fill("the supplier moves house")
    watching.assert_accessible()
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_text("“the supplier moves house”")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("paused")
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name="Resume…").click()
    page.get_by_role("button", name="Resume it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("armed")


def test_an_objective_is_made_its_budget_is_drawn_and_it_stands_on_the_agents_page(watching: Visit) -> None:
    page = watching.open("/objectives")
    expect(page.get_by_text("No agent is held to anything yet")).to_be_visible()
    watching.photograph("objectives-empty")
    page = watching.open("/objectives?agent=support")
    page.get_by_role("button", name="New objective").first.click()
    page.get_by_label("Target (%)").fill("90")
    expect(page.get_by_text(re.compile("By the runs that are there"))).to_be_visible()
    watching.photograph("objective-new")
    watching.assert_accessible()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("img", name=re.compile("Budget over the period"))).to_be_visible()
    expect(page.get_by_text(re.compile("overdrawn by")).first).to_be_visible()
    watching.photograph("objective")
    watching.assert_accessible()
    watching.page.set_viewport_size(PHONE)
    watching.assert_fits()
    watching.page.set_viewport_size(SMALL_LAPTOP)

    with page.expect_download() as saved:
        page.get_by_role("button", name="OpenSLO", exact=True).click()
    assert saved.value.suggested_filename.endswith(".openslo.yaml")
    document = saved.value.path().read_text(encoding="utf-8")
    assert "apiVersion: openslo/v1" in document
    assert "agent: support" in document

    page = watching.open("/objectives")
    page.get_by_role("button", name="Import OpenSLO").click()
    page.get_by_label("Documents").fill("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec: {}\n")
    page.get_by_role("button", name="What would it become?").click()
    expect(page.get_by_role("alert")).to_contain_text("spec")
    watching.complaints.clear()

    page = watching.open("/agents/support")
    expect(page.get_by_role("heading", name="On call now")).to_be_visible()
    expect(page.get_by_text(re.compile("overdrawn by"))).to_be_visible()
    expect(page.get_by_text("threshold reached").first).to_be_visible()
    watching.photograph("agent-watch")
    watching.assert_accessible()
    page.set_viewport_size(PHONE)
    watching.assert_fits()
