"""A run's calls through the gateway, in a real browser: from a call to what was recorded of it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import product
from tests.journeys import traffic
from tests.journeys.conftest import PHONE, Visit, require_page, visit_to
from tests.journeys.gateway_setup import HeldModel, held_model, set_up
from tests.product import Product, http, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECRET = "sk-ant-api03-Zx9_8yW7vU6tS5rQ4pO3nM2l"


@pytest.fixture(scope="module")
def model() -> Iterator[HeldModel]:
    with held_model() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model: HeldModel) -> Iterator[Product]:
    require_page()
    with product.running(product.product_in(tmp_path_factory.mktemp("recordings"))) as ready:
        yield ready


@pytest.fixture
def visit(server: Product, browser: Browser) -> Iterator[Visit]:
    context, made = visit_to(server, browser)
    yield made
    context.close()
    assert made.complaints == []


def _answer_in_pieces(model: HeldModel) -> None:
    """Until it goes on it says every 50 ms that it is there."""
    assert model.begun.acquire(timeout=60)
    time.sleep(0.5)
    model.go_on.set()


def test_a_call_is_found_on_the_page_of_its_run(visit: Visit, server: Product, model: HeldModel) -> None:
    key = set_up(server, model.url)
    task = traffic.task("Where is order 4711?")
    body = {
        "model": "planner",
        "stream": True,
        "messages": [{"role": "user", "content": f"Where is order 4711? {SECRET}"}],
    }
    threading.Thread(target=_answer_in_pieces, args=(model,), daemon=True).start()
    called = http(
        f"{server.gateway_url}/v1/chat/completions",
        method="POST",
        body=json.dumps(body).encode(),
        headers={
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "traceparent": f"00-{task.id}-{'b' * 16}-01",
        },
    )
    assert called.status == 200
    assert server.send(traffic.body(task)).status == 200
    wait_until(lambda: bool(server.get(f"/api/v1/runs/{task.id}").status == 200), seconds=30, what="the run")
    listed = f"/api/v1/exchanges?run={task.id}"
    wait_until(lambda: bool(server.json(listed)["items"]), seconds=30, what="its exchange")

    page = visit.open(f"/runs/{task.id}")
    page.get_by_role("tab", name="Recordings").click()
    calls = page.get_by_role("list", name="Calls through the gateway")
    expect(calls.get_by_role("listitem")).to_have_count(1)
    visit.photograph("recordings")
    visit.assert_accessible()

    calls.get_by_role("button", name=re.compile("planner")).click()
    expect(page.get_by_role("heading", name="What the stream said")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("chunks, the first after"))).to_be_visible()
    visit.photograph("recording-answer")
    visit.assert_accessible()

    page.get_by_role("tab", name="Request").click()
    expect(page.get_by_text("[masked:anthropic_key]")).to_be_visible()
    page.get_by_text("headers", exact=False).last.click()
    expect(page.get_by_text("[masked:header]").first).to_be_visible()
    assert SECRET not in page.content()

    # The address is the view.
    page.reload()
    expect(page.get_by_role("tab", name="Request")).to_have_attribute("aria-selected", "true")
    page.set_viewport_size(PHONE)
    visit.assert_fits()
    visit.photograph("recording-phone")

    page.get_by_role("button", name="All calls of the run").click()
    page.get_by_role("tab", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name="Asked")).to_be_visible()


def test_a_run_without_calls_says_what_to_do(visit: Visit, server: Product) -> None:
    task = traffic.task("Nobody called")
    assert server.send(traffic.body(task)).status == 200
    wait_until(lambda: bool(server.get(f"/api/v1/runs/{task.id}").status == 200), seconds=30, what="the run")

    page = visit.open(f"/runs/{task.id}?pane=recordings")

    expect(page.get_by_role("heading", name="No call of this run went through the gateway")).to_be_visible()
    expect(page.get_by_text("OPENAI_BASE_URL")).to_be_visible()
    visit.assert_accessible()
