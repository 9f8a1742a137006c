"""Something is wrong at night: who is told, on a phone, and what is on the screen without a reload."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import product
from tests.contract.notifiers.receivers import SIGNING, Receiver, http_receiver
from tests.journeys import traffic
from tests.journeys.conftest import PHONE, SMALL_LAPTOP, Visit, require_page, visit_to
from tests.product import Product, http, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROTATION = {
    "name": "rotation",
    "people": ["ann", "bob"],
    "starts_on": "2026-01-05",
    "turn": "week",
    "hand_over_time": "09:00",
}


def put(server: Product, path: str, value: object, *, method: str = "PUT") -> Any:
    answer = http(
        f"{server.url}/api/v1{path}",
        method=method,
        body=json.dumps(value).encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status in {200, 201}, f"{method} {path}: {answer.status} {answer.body[:500]!r}"
    return answer.json()


def alarm(server: Product, title: str, *, agent: str = "", severity: str = "error") -> dict[str, Any]:
    """A fresh agent each time, so that alarms of different tests do not join."""
    named = agent or f"agent-{secrets.token_hex(3)}"
    body = {
        "source": "a check from outside",
        "agent": named,
        "title": title,
        "severity": severity,
        "reason": "Expected at least 92.8 %. Seen: 81.2 % of 412 judged runs.",
        "since": "-2h",
    }
    made: dict[str, Any] = put(server, "/alarms", body, method="POST")
    return made


def settled(visit: Visit) -> None:
    expect(visit.page.get_by_role("status", name="Loading")).to_have_count(0)


@pytest.fixture(scope="module")
def pager() -> Iterator[Receiver]:
    """A webhook that really takes what it is sent."""
    with http_receiver("webhook") as receiver:
        yield receiver


@pytest.fixture(scope="module")
def staffed_server(tmp_path_factory: pytest.TempPathFactory, pager: Receiver) -> Iterator[Product]:
    """A product whose agent `support` has runs, an owner, and people on call who can be reached."""
    require_page()
    made = product.product_in(
        tmp_path_factory.mktemp("staffed"), environment={"ROADWORTHY_CHANNEL_NETWORKS": '["127.0.0.0/8"]'}
    )
    with product.running(made) as server:
        channel = put(
            server,
            "/channels",
            {
                "name": "Pager",
                "kind": "webhook",
                "settings": {"url": pager.values["url"]},
                "secrets": {"secret": SIGNING},
            },
            method="POST",
        )
        for name in ("ann", "bob"):
            put(server, f"/contacts/{name}", {"title": name.title(), "channels": [channel["id"]]})
        put(server, "/schedules/week", {"title": "Support week", "layers": [ROTATION]})
        put(server, "/teams/support", {"title": "Support", "members": ["ann", "bob"], "schedule": "week"})
        level = {"targets": [{"kind": "schedule"}], "timeout_seconds": 900}
        put(server, "/escalation-policies/usual", {"levels": [level], "default": True})
        owned = {"team": "support", "owner": "ann", "runbook": "https://wiki.example.org/support"}
        put(server, "/registry/agents/support", owned, method="PATCH")
        server.send(traffic.body(*(traffic.task(f"question {number}") for number in range(6))))
        wait_until(lambda: len(server.all_runs()) == 6, seconds=30, what="its runs")
        yield server


@pytest.fixture
def staffed(browser: Browser, staffed_server: Product) -> Iterator[Visit]:
    context, visit = visit_to(staffed_server, browser, timezone_id="Europe/Berlin")
    yield visit
    context.close()
    assert visit.complaints == []


def said(page: Page, words: str) -> None:
    expect(page.get_by_role("list", name="Timeline")).to_contain_text(words)


def test_an_incident_is_looked_after_from_a_phone(staffed: Visit, pager: Receiver) -> None:
    staffed.page.set_viewport_size(PHONE)
    page = staffed.open("/incidents")
    settled(staffed)

    title = f"support: completion fell from 94.0 % to 81.2 % ({secrets.token_hex(3)})"
    alarm(staffed.server, title, agent="support", severity="critical")

    # It comes by itself.
    row = page.get_by_role("list", name="Incidents").get_by_role("listitem").filter(has_text=title)
    expect(row).to_contain_text("critical")
    expect(row).to_contain_text("open")
    staffed.photograph("incidents-phone")
    staffed.assert_accessible()
    staffed.assert_fits()

    row.get_by_role("link").click()
    expect(page.get_by_role("region", name="What is wrong")).to_contain_text("Probably since")
    expect(page.get_by_role("link", name="Runbook: what to do")).to_be_visible()
    expect(page.get_by_role("region", name="Impact")).to_contain_text("Runs since")
    expect(page.get_by_role("list", name="Who was told")).to_contain_text("arrived")
    wait_until(lambda: any(title in each.text for each in pager.taken), seconds=20, what="the page")
    settled(staffed)
    staffed.photograph("incident-phone")
    staffed.assert_accessible()
    staffed.assert_fits()

    acknowledge = page.get_by_role("button", name="Acknowledge")
    box = acknowledge.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    acknowledge.click()
    expect(acknowledge).to_have_count(0)
    said(page, "cknowledged")
    page.get_by_label("Note").fill("The model was changed at noon")
    page.get_by_role("button", name="Add note").click()
    said(page, "The model was changed at noon")
    page.get_by_role("button", name="Mitigated").click()
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    expect(page.get_by_label("Postmortem as Markdown")).to_contain_text("The model was changed at noon")
    staffed.photograph("incident-resolved-phone")
    staffed.assert_fits()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_incident_reads_well_on_a_desk(staffed: Visit, theme: str) -> None:
    staffed.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    made = alarm(staffed.server, f"tools of it fail, {theme}")
    page = staffed.open(f"/incidents/{made['incident_id']}")
    expect(page.get_by_role("region", name="What is wrong")).to_contain_text("Expected at least 92.8 %")
    settled(staffed)
    staffed.photograph(f"incident-{theme}")
    staffed.assert_accessible()
    staffed.page.set_viewport_size(SMALL_LAPTOP)
    staffed.assert_fits()
    staffed.photograph(f"incident-{theme}-1280")

    page = staffed.open("/incidents?tab=figures&from=-7d")
    expect(page.get_by_role("table", name="All incidents")).to_contain_text("n ")
    staffed.photograph(f"incident-figures-{theme}")
    staffed.assert_accessible()


def test_incidents_are_worked_by_keyboard(staffed: Visit) -> None:
    made = alarm(staffed.server, "a keyboard is enough", severity="critical")
    page = staffed.open("/")
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/incidents"))
    rows = page.get_by_role("list", name="Incidents").get_by_role("listitem")
    mine = rows.filter(has_text="a keyboard is enough")
    expect(mine).to_be_visible()
    for _ in range(rows.count()):
        page.keyboard.press("j")
        if mine.get_attribute("data-active"):
            break
    page.keyboard.press("a")
    expect(mine).to_contain_text("acknowledged")
    page.keyboard.press("Escape")
    page.goto(f"{staffed.server.url}/incidents/{made['incident_id']}")
    expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


def test_an_incident_is_opened_by_hand_and_merged_into_another(staffed: Visit) -> None:
    goes_on = alarm(staffed.server, "refunds are promised and never issued")
    page = staffed.open("/incidents")
    page.get_by_role("button", name="New incident").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What is wrong, in one line").fill("Customers call about refunds")
    dialog.get_by_label("What is known so far").fill("Three calls since nine")
    staffed.assert_accessible()
    dialog.get_by_role("button", name="Open incident").click()
    expect(page.get_by_role("region", name="What is wrong")).to_contain_text("Customers call about refunds")

    run = staffed.server.all_runs()[0]["id"]
    page.get_by_label("Run or issue to link").fill(f"{staffed.server.url}/runs/{run}")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("region", name="Runs and issues").get_by_role("link")).to_have_count(1)

    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Merge into another").click()
    page.get_by_role("combobox", name="The incident that goes on").click()
    page.get_by_role("option", name=re.compile("refunds are promised")).click()
    page.get_by_role("button", name="Merge").click()

    expect(page).to_have_url(re.compile(goes_on["incident_id"]))


def test_the_fleet_says_what_needs_a_person(staffed: Visit) -> None:
    agent = f"fleet-{secrets.token_hex(3)}"
    put(staffed.server, f"/registry/agents/{agent}", {"team": "support", "owner": "ann"}, method="PATCH")
    staffed.server.send(traffic.body(traffic.task("where is it", agent=agent)))
    wait_until(
        lambda: len(staffed.server.all_runs(f"&filter=agent:eq:{agent}")) == 1, seconds=30, what="it ran"
    )
    # By hand: an alarm would join what other tests' agents have open.
    opened = {"title": "the fleet must say so", "severity": "critical", "agents": [agent]}
    put(staffed.server, "/incidents", opened, method="POST")
    page = staffed.open("/")
    needs = page.get_by_role("region", name="What needs a person now")
    expect(needs).to_contain_text("the fleet must say so")
    row = page.get_by_role("table", name="Agents seen in traffic").get_by_role("row").filter(has_text=agent)
    expect(row.get_by_role("link", name=re.compile("incident"))).to_be_visible()
    expect(row.get_by_role("link", name="support, ann")).to_be_visible()
    settled(staffed)
    staffed.photograph("fleet-needs")
    staffed.assert_accessible()
    page.set_viewport_size(PHONE)
    staffed.assert_fits()
    staffed.photograph("fleet-needs-phone")

    row = needs.get_by_role("link", name="the fleet must say so")
    row.click()
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


def test_nothing_is_wrong_says_what_to_do_next(empty: Visit) -> None:
    page = empty.open("/incidents")
    expect(page.get_by_role("heading", name=re.compile("Nothing is wrong"))).to_be_visible()
    expect(page.get_by_text("/api/v1/alarms")).to_be_visible()
    empty.photograph("incidents-empty")
    empty.assert_accessible()
    empty.assert_fits()

    page = empty.open("/on-call")
    expect(page.get_by_role("heading", name="Nobody is on call yet")).to_be_visible()
    empty.photograph("on-call-empty")
    empty.assert_accessible()

    page = empty.open("/settings/channels")
    expect(page.get_by_role("heading", name="No channel yet")).to_be_visible()
    empty.assert_accessible()


def test_an_alarm_of_another_cause_is_split_off(staffed: Visit) -> None:
    agent = f"agent-{secrets.token_hex(3)}"
    first = alarm(staffed.server, "answers are slow", agent=agent)
    alarm(staffed.server, "refunds are refused", agent=agent)
    page = staffed.open(f"/incidents/{first['incident_id']}")

    page.get_by_role("checkbox", name="Choose alarm refunds are refused for splitting off").check()
    staffed.assert_accessible()
    page.get_by_role("button", name="Split off 1").click()

    expect(page.get_by_text(re.compile(r"Split off as incident \d+"))).to_be_visible()
    made = staffed.server.json(f"/api/v1/incidents?agent={agent}")["items"]
    assert len({one["id"] for one in made}) == 2
