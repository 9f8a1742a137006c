"""Looking at what real agents sent: every page of the product on every real body of data/otlp."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from playwright.sync_api import Response, expect

from tests.journeys.conftest import PHONE, SMALL_LAPTOP, WIDE, Visit
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

JAVASCRIPT_KB = 250
PAGES = {
    "fleet": "/?from=all",
    "runs": "/runs?from=all",
    "sessions": "/sessions?from=all",
    "search": "/search?q=refund&from=all",
    "connect": "/connect",
    "settings-projects": "/settings/projects",
    "settings-keys": "/settings/keys",
    "settings-prices": "/settings/prices",
    "settings-storage": "/settings/storage",
    "settings-server": "/settings/server",
}


def runs_where(server: Product, *filters: str) -> list[dict[str, Any]]:
    found = server.all_runs("".join(f"&filter={each}" for each in filters))
    assert found, f"some run of data/otlp has {filters}"
    return found


def settled(visit: Visit) -> None:
    """Nothing is loading any more."""
    expect(visit.page.get_by_role("status", name="Loading")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_whole_in_light_and_dark(full: Visit, name: str, theme: str) -> None:
    full.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")

    full.open(PAGES[name])
    settled(full)

    expect(full.page.get_by_role("heading", level=1)).to_be_visible()
    expect(full.page.get_by_role("alert")).to_have_count(0)
    full.photograph(f"{name}-{theme}")
    full.assert_accessible()
    full.assert_fits()


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_usable_on_a_small_laptop(full: Visit, name: str) -> None:
    full.page.set_viewport_size(SMALL_LAPTOP)

    full.open(PAGES[name])
    settled(full)

    full.assert_fits()
    full.photograph(f"{name}-1280")


def test_the_fleet_fits_a_phone(full: Visit) -> None:
    full.page.set_viewport_size(PHONE)

    full.open("/?from=all")
    settled(full)

    full.assert_fits()
    full.photograph("fleet-phone")
    full.assert_accessible()
    full.page.get_by_role("button", name="Menu").click()
    full.page.get_by_role("dialog").get_by_role("link", name="Runs").click()
    expect(full.page).to_have_url(re.compile("/runs"))


def test_the_fleet_counts_what_the_list_shows(full: Visit) -> None:
    page = full.open("/?from=all")
    row = page.get_by_role("table", name="Agents seen in traffic").get_by_role("row").nth(1)
    runs = row.get_by_role("cell").nth(1)
    said = int(runs.inner_text().replace(",", ""))

    runs.get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{said} run")


def test_runs_are_filtered_by_field_and_by_text_and_the_address_says_so(full: Visit) -> None:
    failed = runs_where(full.server, "failed_tool_calls:gt:0")
    page = full.open("/runs?from=all")
    box = page.get_by_role("combobox", name=re.compile("Filter runs"))

    box.fill("failed_tool_calls > 0")
    box.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{len(failed)} run")
    assert "filter=" in page.url
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{len(failed)} run")
    full.photograph("runs-filtered")
    full.assert_accessible()

    page = full.open("/runs?from=all")
    box.fill("maximum context length")
    box.press("Enter")
    expect(page.get_by_role("table", name="Runs").get_by_role("row").nth(1)).to_be_visible()
    expect(page).to_have_url(re.compile("text="))


def test_the_run_page_shows_the_chat_and_marks_the_failed_tool(full: Visit) -> None:
    failed = runs_where(full.server, "failed_tool_calls:gt:0", "model_calls:gt:1")
    run = next(each for each in failed if each["final_answer"])
    page = full.open(f"/runs/{run['id']}")
    tree = page.get_by_role("tree")
    expect(tree.get_by_role("treeitem").first).to_be_visible()
    expect(tree.get_by_role("img", name="error").first).to_be_visible()
    expect(page.get_by_text(run["final_answer"][:60]).first).to_be_visible()
    full.photograph("run-failed-tool")
    full.assert_accessible()

    page.get_by_role("button", name=re.compile("First suspicious step")).click()
    expect(page).to_have_url(re.compile("span="))
    page.get_by_role("group", name="Which steps").get_by_role("button", name="Model").click()
    spans = full.server.json(f"/api/v1/runs/{run['id']}/spans")["items"]
    model = next(span for span in spans if span["kind"] == "llm")
    tree.get_by_role("treeitem").filter(has_text=model["name"]).first.click()
    expect(page.get_by_role("article").first).to_be_visible()
    expect(page.get_by_role("article", name="User").first).to_be_visible()
    full.photograph("run-chat")
    full.assert_accessible()

    for tab in ("Attributes", "Events and links", "Raw"):
        page.get_by_role("tab", name=re.compile(tab)).click()
        expect(page.get_by_role("tabpanel")).not_to_be_empty()
        full.assert_accessible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desk", "phone"])
def test_a_run_its_steps_and_a_comparison_are_whole_in_light_and_dark(
    full: Visit, theme: str, device: str
) -> None:
    full.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    full.page.set_viewport_size(PHONE if device == "phone" else WIDE)
    [run, *_] = runs_where(full.server, "failed_tool_calls:gt:0", "model_calls:gt:1")
    other = next(r for r in full.server.all_runs() if r["agent"] == run["agent"] and r["id"] != run["id"])
    spans = full.server.json(f"/api/v1/runs/{run['id']}/spans")["items"]
    model, tool = (next(s["span_id"] for s in spans if s["kind"] == kind) for kind in ("llm", "tool"))
    [session, *_] = full.server.json("/api/v1/sessions?limit=1")["items"]
    paths = [
        f"/runs/{run['id']}",
        *(f"/runs/{run['id']}?span={model}&tab={tab}" for tab in ("step", "attributes", "raw")),
        f"/runs/{run['id']}?span={tool}&tab=events",
        f"/runs/{run['id']}/compare/{other['id']}?step=3",
        f"/sessions/{session['session_id']}",
    ]
    for number, path in enumerate(paths):
        full.open(path)
        settled(full)
        full.photograph(f"run-{number}-{theme}-{device}")
        full.assert_accessible()
        full.assert_fits()


def test_menus_and_the_palette_are_whole_in_the_dark(full: Visit) -> None:
    full.page.emulate_media(color_scheme="dark")
    page = full.open("/runs?from=all")
    settled(full)
    for name in ("Views", "Columns", "All time"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        full.assert_accessible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("combobox").press_sequentially("agent")
    expect(page.get_by_role("option").first).to_be_visible()
    full.assert_accessible()
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+k")
    expect(page.get_by_role("option", name="Fleet")).to_be_visible()
    full.photograph("palette-dark")
    full.assert_accessible()


def test_the_run_page_is_worked_by_keyboard(full: Visit) -> None:
    [run, *_] = runs_where(full.server, "failed_tool_calls:gt:0")
    page = full.open("/runs?from=all&filter=failed_tool_calls:gt:0")
    expect(page.get_by_role("table", name="Runs").get_by_role("row").nth(1)).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{run['id']}"))
    expect(page.get_by_role("treeitem").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("treeitem", selected=True)).to_have_count(1)
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    full.photograph("shortcuts")
    full.assert_accessible()


def test_a_hand_off_says_who_and_to_whom(full: Visit) -> None:
    found = [
        (run, span)
        for run in full.server.all_runs()
        if run["handoffs"]
        for span in full.server.json(f"/api/v1/runs/{run['id']}/spans")["items"]
        if span["kind"] == "handoff" and span["handoff_to"]
    ]
    assert found, "data/otlp holds hand-offs"
    run, span = found[0]

    page = full.open(f"/runs/{run['id']}?span={span['span_id']}")

    expect(page.get_by_role("tabpanel")).to_contain_text(span["handoff_to"])
    full.photograph("run-handoff")
    full.assert_accessible()


def test_two_runs_are_laid_side_by_side(full: Visit) -> None:
    runs = runs_where(full.server, "failed_tool_calls:gt:0")
    left = runs[0]
    right = next(
        each for each in full.server.all_runs() if each["agent"] == left["agent"] and each["id"] != left["id"]
    )

    page = full.open(f"/runs/{left['id']}/compare/{right['id']}")

    page.get_by_role("button", name=re.compile("First divergence")).click()
    expect(page.get_by_text("they part here")).to_be_visible()
    full.photograph("compare")
    full.assert_accessible()
    full.assert_fits()


def test_a_session_reads_as_a_conversation(full: Visit) -> None:
    page = full.open("/sessions?from=all")
    first = page.get_by_role("table", name="Sessions").get_by_role("row").nth(1)
    first.get_by_role("link").first.click()

    turns = page.get_by_role("region", name="Conversation").get_by_role("listitem")
    expect(turns.first).to_be_visible()
    full.photograph("session")
    full.assert_accessible()


def test_search_leads_to_the_step_where_it_was_said(full: Visit) -> None:
    page = full.open("/search?from=all")
    box = page.get_by_role("searchbox").or_(page.get_by_label("Search inputs and outputs"))
    box.fill("payment service timed out")
    box.press("Enter")
    hits = page.get_by_role("list", name="What was found")
    expect(hits.get_by_role("listitem").first).to_contain_text("payment")

    hits.get_by_role("link").first.click()

    expect(page).to_have_url(re.compile(r"/runs/.*span="))
    expect(page.get_by_role("treeitem", selected=True)).to_have_count(1)


def test_every_real_run_opens(full: Visit) -> None:
    """One run of each agent and framework: no page that breaks on somebody's attributes."""
    seen: set[tuple[str, str]] = set()
    for run in full.server.all_runs():
        key = (run["agent"] or "", ",".join(run.get("dialects") or []))
        if key in seen:
            continue
        seen.add(key)
        page = full.open(f"/runs/{run['id']}")
        expect(page.get_by_role("treeitem").first).to_be_visible()
        expect(page.get_by_role("heading", name="This page broke")).to_have_count(0)
    assert len(seen) > 5


def test_unknown_addresses_say_so(full: Visit) -> None:
    page = full.open("/runs/00000000000000000000000000000000")
    expect(page.get_by_role("heading", name="There is no such run")).to_be_visible()

    page = full.open("/nothing/here")
    expect(page.get_by_role("heading", name="This page does not exist")).to_be_visible()
    # The browser itself logs the 404s of the API, the last of them when its page is left.
    full.complaints = [each for each in full.complaints if "404" not in each]


def test_the_first_page_stays_light(full: Visit) -> None:
    """JavaScript for the first page, gzipped as a proxy would: below 250 kB."""
    scripts: list[Response] = []
    full.page.on("response", lambda r: scripts.append(r) if r.url.split("?")[0].endswith(".js") else None)

    full.open("/?from=all")
    settled(full)

    kilobytes = sum(len(gzip.compress(script.body(), 6)) for script in scripts) / 1000
    assert scripts
    assert kilobytes < JAVASCRIPT_KB


def test_the_chosen_theme_is_kept(full: Visit) -> None:
    page = full.open("/?from=all")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Colours").click()
    page.get_by_role("menuitem", name="Dark").or_(page.get_by_role("menuitemradio", name="Dark")).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
