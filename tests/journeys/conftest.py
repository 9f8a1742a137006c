"""A real browser on a real product."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests import payloads, product
from tests.product import Product

REPO = Path(__file__).resolve().parents[2]
AXE = REPO / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGE = REPO / "src" / "roadworthy" / "doors" / "web" / "static" / "index.html"
SCREENSHOTS = REPO / "artifacts" / "screenshots"

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = ViewportSize(width=1440, height=900)
SMALL_LAPTOP = ViewportSize(width=1280, height=720)
PHONE = ViewportSize(width=390, height=844)

# Of axe's own grades: what hinders a person with an impairment, or cannot be worked around.
BARRIERS = {"moderate", "serious", "critical"}


SETTLED = """async () => {
  const all = document.getAnimations();
  const ending = all.filter((each) => each.effect?.getComputedTiming().endTime !== Infinity);
  const ended = Promise.all(ending.map((each) => each.finished.catch(() => undefined)));
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000))]);
}"""
"""Once nothing moves that comes to an end."""

# A busy machine may take its time; how fast pages are is measured elsewhere.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


def find_browser() -> str | None:
    named = os.environ.get("ROADWORTHY_BROWSER")
    if named:
        return named
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


# Not for the whole session: while it lives, Playwright runs an event loop in this thread, and no other test
# of this worker could run one of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_browser()
    if executable is None:
        pytest.skip("no browser found: scripts/browser.sh brings one, or set ROADWORTHY_BROWSER")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@dataclass(kw_only=True)
class Visit:
    """One person at one product: opens pages, looks, and hears what the browser complains about."""

    server: Product
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.server.url + path)
        self.page.get_by_role("main").wait_for()
        return self.page

    def photograph(self, name: str) -> None:
        """A screenshot, kept for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        # Charts are drawn a moment after their figures have come.
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    def assert_accessible(self) -> None:
        """No finding of axe on the page as it stands (WCAG 2.2 AA) that is more than minor."""
        self.page.evaluate(AXE.read_text())
        self.page.evaluate(SETTLED)
        levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        # The guards on either side of an open pop-up take the focus only to pass it on.
        outside = {"exclude": [["[data-base-ui-focus-guard]"]]}
        found = self.page.evaluate(
            "([context, levels]) => axe.run(context, {runOnly: levels})", [outside, levels]
        )
        barriers = [
            {
                "rule": each["id"],
                "impact": each["impact"],
                "where": [n["html"][:160] for n in each["nodes"][:3]],
            }
            for each in found["violations"]
            if each["impact"] in BARRIERS
        ]
        assert barriers == [], json.dumps(barriers, indent=1)

    def assert_fits(self) -> None:
        """Nothing makes the whole page scroll sideways."""
        widths: dict[str, int] = self.page.evaluate(
            "() => ({page: document.documentElement.scrollWidth, window: window.innerWidth})"
        )
        assert widths["page"] <= widths["window"], widths


def visit_to(server: Product, browser: Browser, **options: Any) -> tuple[BrowserContext, Visit]:
    # What fades in or out is half as dark for a moment: on a busy machine that is when it would be looked at.
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", **options)
    context.set_default_timeout(PATIENCE_MS)
    visit = Visit(server=server, page=context.new_page())

    def console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    visit.page.on("console", console)
    visit.page.on("pageerror", lambda error: visit.complaints.append(f"exception: {error}"))
    visit.page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((server.url, "data:", "blob:"))
            else visit.complaints.append(f"asked somebody else: {request.url}")
        ),
    )
    return context, visit


@contextmanager
def first_visit(made: Product, browser: Browser) -> Iterator[Visit]:
    """Starts the product for it. What the browser complained of is whole when the block is left."""
    require_page()
    with product.running(made) as server:
        context, visit = visit_to(server, browser)
        yield visit
        context.close()


@pytest.fixture
def empty(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """A first visit to a product that has received nothing."""
    with first_visit(product.product_in(tmp_path), browser) as visit:
        yield visit
    assert visit.complaints == []


@pytest.fixture(scope="session")
def full_server(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Product]:
    """A product that has received every real body of data/otlp."""
    require_page()
    folder = tmp_path_factory.mktemp("full")
    with product.running(product.product_in(folder)) as server:
        for source in sorted((shared_data / "otlp").iterdir()):
            payloads.send_folder(server, source)
        server.wait_drained(seconds=60)
        yield server


@pytest.fixture
def full(browser: Browser, full_server: Product) -> Iterator[Visit]:
    """A visit to a product that holds every real body of data/otlp."""
    context, visit = visit_to(full_server, browser)
    yield visit
    context.close()
    assert visit.complaints == []


def require_page() -> None:
    if not PAGE.exists():
        pytest.skip("the web page is not built: make web")
