"""The server goes away while somebody looks: what is on the screen stays, and comes alive again by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import product
from tests.journeys import traffic
from tests.journeys.conftest import PHONE, Visit, first_visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """A visit that hears of a server that is away; what the browser notes of that is no complaint."""
    with first_visit(product.product_in(tmp_path), browser) as made:
        yield made
    own = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE")
    others = [each for each in made.complaints if not any(word in each for word in own)]
    assert [each for each in others if "dynamically imported module" not in each] == []


def test_it_says_so_and_what_was_read_stays(visit: Visit) -> None:
    visit.server.send(traffic.body(traffic.task("before the restart")))
    visit.server.wait_drained()
    page = visit.open("/runs")
    rows = page.get_by_role("table", name="Runs").get_by_role("row")
    expect(rows.filter(has_text="before the restart")).to_be_visible()

    visit.server.stop()

    expect(page.get_by_text("What you see may be old")).to_be_visible()
    expect(rows.filter(has_text="before the restart")).to_be_visible()
    visit.photograph("server-away")
    visit.assert_accessible()

    visit.server.start()
    expect(page.get_by_text("What you see may be old")).to_have_count(0)
    visit.server.send(traffic.body(traffic.task("after the restart")))
    page.get_by_role("button", name="1 new run").click()
    expect(rows.filter(has_text="after the restart")).to_be_visible()


def test_a_page_whose_code_did_not_come_is_shown_when_the_server_is_back(visit: Visit) -> None:
    visit.page.set_viewport_size(PHONE)
    page = visit.open("/connect")
    page.get_by_role("button", name="Menu").click()
    # So that it is not fetched before it is needed: a server may go away at any moment.
    page.route("**/assets/sessions-page*", lambda route: route.abort("connectionrefused"))

    visit.server.stop()
    page.get_by_role("dialog").get_by_role("link", name="Sessions").click()

    expect(page.get_by_role("heading", name="This page could not be loaded")).to_be_visible()
    visit.photograph("server-away-page")
    page.unroute_all()
    visit.server.start()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
