"""A run of 5,000 steps: the tree and its waterfall stay usable, by mouse and by keyboard."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from playwright.sync_api import Browser, Locator, Page, expect

from tests import product
from tests.journeys.conftest import PHONE, Visit, require_page, visit_to
from tests.product import Product, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROUNDS = 833
STEPS = 1 + ROUNDS * 6 + 1
"""The agent, its rounds (a chain with two model calls and three tools), and a last tool."""
FAILED_ROUND = 700
MILLISECOND = 1_000_000
# What fits on a screen, what is drawn beside it so that scrolling finds it ready, and some air.
MOST_ROWS = 120


class LargeRun:
    """The steps of one run, one after the other."""

    def __init__(self) -> None:
        self.trace_id = secrets.token_bytes(16)
        self.request = ExportTraceServiceRequest()
        resource = self.request.resource_spans.add()
        resource.resource.attributes.append(_text("service.name", "large"))
        self._spans = resource.scope_spans.add().spans
        self._now = time.time_ns() - STEPS * MILLISECOND
        agent = self._add("invoke_agent librarian", b"", "invoke_agent", lasts=STEPS)
        agent.attributes.append(_text("gen_ai.agent.name", "librarian"))
        for number in range(ROUNDS):
            self._round(number, agent)
        self._tool("close_the_books", agent)

    def _round(self, number: int, agent: Span) -> None:
        chain = self._add(f"round {number}", agent.span_id, "", lasts=5)
        self._model(chain)
        for _ in range(2):
            self._tool("look_up", chain)
        self._model(chain)
        tool = self._tool("needle" if number == FAILED_ROUND else "write_down", chain)
        if number == FAILED_ROUND:
            tool.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="the shelf is locked"))

    def _model(self, parent: Span) -> None:
        span = self._add("chat gpt-4o-mini", parent.span_id, "chat")
        span.attributes.append(_text("gen_ai.request.model", "gpt-4o-mini"))
        span.attributes.append(KeyValue(key="gen_ai.usage.input_tokens", value=AnyValue(int_value=900)))
        span.attributes.append(KeyValue(key="gen_ai.usage.output_tokens", value=AnyValue(int_value=40)))

    def _tool(self, name: str, parent: Span) -> Span:
        span = self._add(f"execute_tool {name}", parent.span_id, "execute_tool")
        span.attributes.append(_text("gen_ai.tool.name", name))
        return span

    def _add(self, name: str, parent: bytes, operation: str, *, lasts: int = 1) -> Span:
        span: Span = self._spans.add(
            trace_id=self.trace_id,
            span_id=secrets.token_bytes(8),
            parent_span_id=parent,
            name=name,
            start_time_unix_nano=self._now,
            end_time_unix_nano=self._now + lasts * MILLISECOND,
        )
        if operation:
            span.attributes.append(_text("gen_ai.operation.name", operation))
        self._now += MILLISECOND
        return span


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


@pytest.fixture(scope="module")
def large_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, str]]:
    require_page()
    run = LargeRun()
    with product.running(product.product_in(tmp_path_factory.mktemp("large"))) as server:
        assert server.send(run.request.SerializeToString()).status == 200
        wait_until(lambda: len(server.all_runs()) == 1, seconds=60, what="the run")
        server.wait_drained()
        yield server, run.trace_id.hex()


@pytest.fixture
def large(browser: Browser, large_server: tuple[Product, str]) -> Iterator[Visit]:
    """The page of a run of 5,000 steps."""
    server, run_id = large_server
    context, visit = visit_to(server, browser)
    page = visit.open(f"/runs/{run_id}")
    expect(page.get_by_role("treeitem").first).to_be_visible()
    yield visit
    context.close()
    assert visit.complaints == []


def selected(page: Page) -> Locator:
    return page.get_by_role("treeitem", selected=True)


def rows(page: Page) -> int:
    return page.get_by_role("treeitem").count()


def test_only_what_fits_is_drawn_and_all_can_be_reached(large: Visit) -> None:
    page = large.page
    tree = page.get_by_role("tree")
    assert rows(page) < MOST_ROWS

    height = tree.evaluate("tree => { tree.scrollTop = tree.scrollHeight; return tree.scrollHeight }")
    assert height > STEPS * 20, "as long as all its rows"

    last = page.get_by_role("treeitem").filter(has_text="close_the_books")
    expect(last).to_be_in_viewport()
    assert rows(page) < MOST_ROWS
    last.click()
    expect(page.get_by_role("heading", name="close_the_books")).to_be_visible()
    large.photograph("run-large-end")
    large.assert_accessible()


def test_what_failed_is_found_at_once_and_by_what_was_typed(large: Visit) -> None:
    page = large.page
    page.get_by_role("button", name=re.compile("First suspicious step: needle")).click()
    expect(selected(page)).to_contain_text("needle")
    expect(selected(page)).to_be_in_viewport()
    large.photograph("run-large-suspicious")

    box = page.get_by_role("textbox", name="Find a step")
    box.fill("needle")
    expect(page.get_by_text(f"1 of {STEPS:,}")).to_be_visible()
    expect(page.get_by_role("treeitem")).to_have_count(3)  # the step, its round, the agent
    assert "find=needle" in page.url
    page.reload()
    expect(page.get_by_role("treeitem")).to_have_count(3)
    box.fill("")

    page.get_by_role("group", name="Which steps").get_by_role("button", name="Model").click()
    expect(page.get_by_text(f"{ROUNDS * 2:,} of {STEPS:,}")).to_be_visible()
    assert rows(page) < MOST_ROWS


def test_the_keyboard_goes_everywhere(large: Visit) -> None:
    page = large.page
    page.keyboard.press("s")
    expect(selected(page)).to_contain_text("needle")
    page.keyboard.press("j")
    expect(selected(page)).to_contain_text(f"round {FAILED_ROUND + 1}")
    for _ in range(60):
        page.keyboard.press("j")
    expect(selected(page)).to_contain_text(f"round {FAILED_ROUND + 11}")
    expect(selected(page)).to_be_in_viewport()

    page.keyboard.press("h")  # folds the round
    expect(selected(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("j")
    expect(selected(page)).to_contain_text(f"round {FAILED_ROUND + 12}")
    page.keyboard.press("[")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    page.keyboard.press("]")
    expect(page.get_by_role("treeitem").nth(20)).to_be_attached()
    page.keyboard.press("Escape")
    expect(selected(page)).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Find a step")).to_be_focused()


def test_it_is_readable_on_a_phone(large: Visit) -> None:
    large.page.set_viewport_size(PHONE)
    large.page.keyboard.press("s")
    expect(selected(large.page)).to_be_in_viewport()
    large.assert_fits()
    large.photograph("run-large-phone")
