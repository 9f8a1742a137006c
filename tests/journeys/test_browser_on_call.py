"""From nobody to a proven chain: people, a rotation, a policy, an owner, a page that is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import product
from tests.contract.notifiers.receivers import SIGNING, Receiver, http_receiver
from tests.journeys import traffic
from tests.journeys.conftest import PHONE, SMALL_LAPTOP, Visit, require_page, visit_to
from tests.product import Product, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CSV = "agent,team,owner,tier\norder-tracker,logistics,cleo,2\n"


@pytest.fixture
def pager() -> Iterator[Receiver]:
    with http_receiver("webhook") as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    require_page()
    made = product.product_in(
        tmp_path_factory.mktemp("on-call"), environment={"ROADWORTHY_CHANNEL_NETWORKS": '["127.0.0.0/8"]'}
    )
    with product.running(made) as running:
        running.send(traffic.body(traffic.task("Where is my refund?"), traffic.task("And now?")))
        wait_until(lambda: len(running.all_runs()) == 2, seconds=30, what="its runs")
        yield running


@pytest.fixture
def visit(browser: Browser, server: Product) -> Iterator[Visit]:
    context, made = visit_to(server, browser, timezone_id="Europe/Berlin")
    yield made
    context.close()
    assert made.complaints == []


def settled(visit: Visit) -> None:
    expect(visit.page.get_by_role("status", name="Loading")).to_have_count(0)


def choose(visit: Visit, label: str, option: str) -> None:
    visit.page.get_by_role("combobox", name=label, exact=True).click()
    visit.page.get_by_role("option", name=option, exact=True).click()


def test_from_nobody_to_a_page_that_is_answered(visit: Visit, pager: Receiver) -> None:
    page = visit.open("/settings/channels")
    page.get_by_role("button", name="Add a channel").click()
    choose(visit, "Kind", "Webhook (CloudEvents)")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Pager")
    dialog.get_by_label(re.compile("URL|Address")).first.fill(pager.values["url"])
    dialog.get_by_label(re.compile("ecret")).fill(SIGNING)
    visit.assert_accessible()
    dialog.get_by_role("button", name="Save channel").click()
    page.get_by_role("button", name="Test Pager").click()
    expect(page.get_by_role("list", name="Deliveries")).to_contain_text("arrived")
    assert pager.taken
    expect(page.get_by_text(SIGNING)).to_have_count(0)
    visit.photograph("channels")
    visit.assert_accessible()

    for name in ("Ann", "Bob"):
        page = visit.open("/on-call?tab=people")
        page.get_by_role("button", name="New person").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(name)
        choose(visit, "Add to channels, best first", "Pager")
        dialog.get_by_role("button", name="Save person").click()
        expect(page.get_by_role("table", name="People")).to_contain_text(name)
    visit.assert_accessible()

    page = visit.open("/on-call?open=new")
    page.get_by_label("Name", exact=True).fill("Support week")
    for name in ("Ann", "Bob"):
        choose(visit, "Add somebody to rotation", name)
    expect(page.get_by_text("Somebody is on call all the time.")).to_be_visible()
    visit.photograph("schedule-editor")
    visit.assert_accessible()
    page.get_by_role("button", name="Save schedule").click()
    calendar = page.get_by_role("region", name="Schedule Support week")
    expect(calendar).to_contain_text(re.compile("(ann|bob) now"))

    page = visit.open("/on-call?tab=policies&open=new")
    page.get_by_label("Name", exact=True).fill("Usual")
    page.get_by_role("button", name="Remove level 3").click()
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_text("default of the project")).to_be_visible()
    visit.photograph("policies")
    visit.assert_accessible()

    page = visit.open("/on-call?tab=agents")
    page.get_by_role("button", name="Register support").click()
    choose(visit, "Owner", "Ann")
    choose(visit, "On-call schedule", "Support week")
    page.get_by_role("dialog").get_by_role("button", name="Register").click()
    row = (
        page.get_by_role("list", name="Agents and owners").get_by_role("listitem").filter(has_text="support")
    )
    expect(row).to_contain_text(re.compile("on call: (ann|bob)"))
    expect(row).to_contain_text("on-call not proven")

    page.get_by_role("button", name="Test page for support").click()
    expect(page.get_by_role("list", name="Who was told")).to_contain_text("arrived")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)

    page = visit.open("/on-call?tab=agents")
    expect(row).to_contain_text("on-call answered a test page")
    expect(row).not_to_contain_text("on-call not proven")
    visit.photograph("agents-and-owners")
    visit.assert_accessible()
    visit.page.set_viewport_size(PHONE)
    visit.assert_fits()


def staff(server: Product) -> None:
    from tests.journeys.test_browser_incidents import put

    for name in ("ann", "bob"):
        put(server, f"/contacts/{name}", {"title": name.title(), "email": f"{name}@example.org"})
    days = {"name": "days", "people": ["ann", "bob"], "starts_on": "2026-01-05"}
    hours = [{"days": ["monday", "tuesday"], "start": "09:00", "end": "17:00"}]
    put(server, "/schedules/week", {"title": "Support week", "time_zone": "Europe/Berlin", "layers": [days]})
    put(server, "/schedules/office", {"title": "Office", "layers": [{**days, "windows": hours}]})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_calendar_shows_gaps_in_words_and_takes_overrides(visit: Visit, theme: str) -> None:
    staff(visit.server)
    visit.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page = visit.open("/on-call?at=2026-11-25&zone=Europe/Berlin")
    week = page.get_by_role("region", name="Schedule Support week")
    expect(week.get_by_role("button", name=re.compile("^(ann|bob): "))).not_to_have_count(0)
    gaps = page.get_by_role("region", name="Schedule Office").get_by_role("list", name="Gaps")
    expect(gaps).to_contain_text("nobody on")
    settled(visit)
    visit.photograph(f"on-call-{theme}")
    visit.assert_accessible()
    page.set_viewport_size(SMALL_LAPTOP)
    visit.assert_fits()

    shift = week.get_by_role("button", name=re.compile("^(ann|bob): ")).last
    had = "ann" if (shift.get_attribute("aria-label") or "").startswith("ann") else "bob"
    other = "bob" if had == "ann" else "ann"
    shift.click()
    choose(visit, "Who takes over", f"{other.title()} ({other})")
    page.get_by_role("dialog").get_by_label("Why").fill("on holiday")
    visit.photograph(f"override-{theme}")
    visit.assert_accessible()
    page.get_by_role("button", name="Hand over").click()
    expect(week.get_by_role("button", name=re.compile(f"^{other}: .*override"))).to_be_visible()

    choose(visit, "Length of time", "Month")
    expect(page).to_have_url(re.compile("view=month"))
    visit.photograph(f"on-call-month-{theme}")
    page.set_viewport_size(PHONE)
    expect(week.get_by_role("list", name="Shifts")).to_be_visible()
    visit.assert_fits()
    visit.photograph(f"on-call-phone-{theme}")
    visit.assert_accessible()


def test_owners_come_from_a_file_after_their_changes_were_seen(visit: Visit) -> None:
    page = visit.open("/settings/register")
    choose(visit, "Format", "CSV")
    page.get_by_role("textbox", name="The file").fill(CSV)
    page.get_by_role("button", name="Show what would change").click()
    changes = page.get_by_role("list", name="Changes")
    expect(changes).to_contain_text("order-tracker")
    assert "order-tracker" not in json.dumps(visit.server.json("/api/v1/registry/agents")["items"])
    visit.photograph("register-import")
    visit.assert_accessible()

    page.get_by_role("button", name=re.compile("^Make ")).click()
    expect(page.get_by_role("heading", name=re.compile("^Changed"))).to_be_visible()
    [agent] = [
        a for a in visit.server.json("/api/v1/registry/agents")["items"] if a["name"] == "order-tracker"
    ]
    assert (agent["owner"], agent["tier"]) == ("cleo", "2")


def test_a_silence_is_made_and_ended(visit: Visit) -> None:
    page = visit.open("/settings/silences")
    page.get_by_role("button", name="New silence").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Value 1").fill("support")
    dialog.get_by_label("Why").fill("The ERP moves")
    visit.assert_accessible()
    dialog.get_by_role("button", name="Silence").click()
    table = page.get_by_role("table", name="Silences")
    expect(table).to_contain_text("agent is support")
    expect(table).to_contain_text("holds now")
    visit.photograph("silences")
    visit.assert_accessible()
    table.get_by_role("button", name="End now").click()
    expect(table).to_contain_text("over")
