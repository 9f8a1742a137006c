"""The gateway's screens in a real browser: from a provider to a call that is listed, connectors of three
kinds, a data dictionary that is corrected by keyboard."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import product
from tests.journeys.conftest import PHONE, Visit, require_page, visit_to
from tests.journeys.gateway_setup import HeldModel, ask, held_model, key_for, models
from tests.product import Product, http, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TABS = ("health", "routes", "keys", "connectors", "contracts", "drills", "exchanges")
FIELDS = 300


class _Weather(BaseHTTPRequestHandler):
    """GET /places/{name}: its weather."""

    def do_GET(self) -> None:
        body = json.dumps({"place": self.path.rsplit("/", 1)[-1], "celsius": 21.5}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests read what failed, not every request."""


@pytest.fixture(scope="module")
def weather() -> Iterator[str]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Weather)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(scope="module")
def model() -> Iterator[HeldModel]:
    with held_model() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    require_page()
    with product.running(product.product_in(tmp_path_factory.mktemp("gateway"))) as ready:
        yield ready


@pytest.fixture
def visit(server: Product, browser: Browser) -> Iterator[Visit]:
    context, made = visit_to(server, browser)
    yield made
    context.close()
    # Chromium says so of each answer that is a 404 or 400: no dictionary yet, settings that are not taken.
    expected = re.compile(r"404 .*/dictionary|400 .*/connectors/weather")
    assert [each for each in made.complaints if not expected.search(each)] == []


def crm(folder: Path) -> Path:
    """A system of one wide table with undocumented fields, and one that joins it."""
    path = folder / "crm.db"
    wide = [f"f_{number:03}" for number in range(FIELDS)]
    with sqlite3.connect(path) as database:
        columns = ", ".join(f"{name} INTEGER" for name in wide)
        database.execute(
            f"CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, country TEXT, {columns})"
        )
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, net_eur REAL)")
        for number in range(60):
            row = [number, f"ann{number}@example.com", ("DE", "FR")[number % 2], *([number % 7] * FIELDS)]
            database.execute(f"INSERT INTO customers VALUES ({','.join('?' * len(row))})", row)
            database.execute("INSERT INTO orders VALUES (?, ?, ?)", (number, number % 20, number * 1.5))
    database.close()
    return path


def put(server: Product, name: str, body: object) -> None:
    answer = http(
        f"{server.url}/api/v1/connectors/{name}",
        method="PUT",
        body=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status == 200, answer.body


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def test_what_is_empty_says_what_to_do(visit: Visit) -> None:
    for each in TABS:
        page = visit.open(f"/gateway?tab={each}")
        expect(page.get_by_role("tabpanel").get_by_role("heading", level=2).first).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        visit.photograph(f"gateway-{each}-empty")
        visit.assert_accessible()
    expect(page.get_by_text("OPENAI_BASE_URL")).to_be_visible()


def test_from_a_provider_to_a_call_that_is_listed(visit: Visit, server: Product, model: HeldModel) -> None:
    page = visit.open("/gateway?tab=routes")
    page.get_by_role("button", name="New provider").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("scripted")
    visit.photograph("gateway-provider-dialog")
    page.keyboard.press("Escape")
    body = {"name": "scripted", "bases": {"openai": f"{model.url}/v1"}, "key": "sk-real"}
    assert server.post("/api/v1/gateway/providers", body).status == 201

    page = visit.open("/gateway?tab=routes")
    page.get_by_role("button", name="New route").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("planner")
    dialog.get_by_label("Model 1").fill("held-model")
    visit.assert_accessible()
    visit.photograph("gateway-route-dialog")
    dialog.get_by_role("button", name="Save route").click()
    expect(page.get_by_role("list", name="Routes", exact=True)).to_contain_text("scripted/held-model")

    secret = str(key_for(server, agent="support")["secret"])
    wait_until(lambda: b"planner" in models(server, secret).body, seconds=20, what="the route")
    assert ask(server, secret).status == 200
    tab(page, "Exchanges")
    listed = page.get_by_role("table", name="Exchanges")
    # It comes by itself, within the two seconds that the list is asked again.
    expect(listed).to_contain_text("complete")
    expect(listed).to_contain_text("7 → 3")
    visit.photograph("gateway-exchanges")
    visit.assert_accessible()
    listed.get_by_role("button", name="Open the call to planner").first.click()
    expect(page.get_by_role("dialog", name="support called")).to_contain_text("held-model")
    visit.photograph("gateway-exchange")
    visit.assert_accessible()
    page.keyboard.press("Escape")
    page.get_by_label("Agent", exact=True).fill("nobody")
    expect(page.get_by_role("heading", name="No call is like that")).to_be_visible()
    assert "agent=nobody" in page.url
    page.get_by_role("button", name="Clear").click()
    expect(listed).to_contain_text("complete")

    tab(page, "Health")
    expect(page.get_by_role("table", name="Upstreams")).to_contain_text("scripted/held-model")


def test_connectors_their_tools_and_what_was_delivered(
    visit: Visit, server: Product, weather: str, tmp_path: Path
) -> None:
    page = visit.open("/gateway?tab=connectors")
    page.get_by_role("button", name="New connector").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("weather")
    editor = dialog.get_by_label("Settings as JSON")
    editor.fill('{"url": "no address", "operations": {"at": {"path": "/places/{place}"}}}')
    dialog.get_by_role("button", name="Save connector").click()
    expect(dialog.get_by_role("list", name="Not accepted")).to_contain_text("settings.url")
    visit.photograph("gateway-connector-dialog")
    visit.assert_accessible()
    operation = {
        "path": "/places/{place}",
        "description": "Weather there",
        "arguments": {"place": {"type": "string"}},
    }
    editor.fill(
        json.dumps(
            {
                "url": weather,
                "auth": {"type": "bearer", "token": {"secret": "weather_token"}},
                "operations": {"at": operation},
            }
        )
    )
    dialog.get_by_label("private address").check()
    dialog.get_by_role("button", name="Save connector").click()

    page.get_by_label("Value of weather_token").fill("s3cret-of-the-weather")
    page.get_by_role("button", name="Seal").click()
    expect(page.get_by_role("list", name="Secrets")).to_contain_text("entered")
    assert "s3cret-of-the-weather" not in page.content()
    page.get_by_role("button", name="Test weather").click()
    expect(page.get_by_text("reached in").first).to_be_visible()
    tab(page, "Tools")
    page.get_by_role("button", name="Try at").click()
    page.get_by_label("Arguments of at").fill('{"place": "Bonn"}')
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("region", name="Result")).to_contain_text("21.5")
    visit.photograph("gateway-connector-tools")
    visit.assert_accessible()

    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "stock_1.csv").write_text(
        "sku,amount\n" + "".join(f"A{n},{n}\n" for n in range(200)) + "B1,many\n"
    )
    table = {"files": "stock_*.csv", "settle_s": 0, "columns": {"amount": {"type": "integer"}}}
    settings = {"source": {"type": "folder", "path": str(drop)}, "tables": {"stock": table}, "every_s": 1}
    put(server, "stock", {"kind": "batch", "settings": settings})
    page = visit.open("/gateway/connectors/stock?tab=loads")
    page.get_by_role("button", name="Look for deliveries now").click()
    expect(page.get_by_role("table", name="Deliveries")).to_contain_text("loaded")
    expect(page.get_by_role("table", name="Rows set aside")).to_contain_text("expected a whole number")
    visit.photograph("gateway-loads")
    visit.assert_accessible()


def test_a_data_dictionary_is_found_and_corrected_by_keyboard(
    visit: Visit, server: Product, tmp_path: Path
) -> None:
    settings = {"url": f"sqlite:///{crm(tmp_path)}"}
    put(server, "crm", {"kind": "sql", "settings": settings, "allow_private": True})
    page = visit.open("/gateway/connectors/crm?tab=dictionary")
    page.get_by_role("button", name="Profile it").click()
    fields = page.get_by_role("table", name="Fields")
    expect(fields).to_be_visible()
    expect(page.get_by_text(f"{FIELDS + 6} fields")).to_be_visible()
    # Only what is in sight is drawn.
    assert fields.get_by_role("row").count() < FIELDS / 2
    visit.photograph("gateway-dictionary")
    visit.assert_accessible()

    page.get_by_label("Find fields").fill("f_00")
    page.get_by_role("button", name=re.compile("Meaning of f_000")).focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Meaning of f_000").fill("Visits in a week")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Meaning of f_000: Visits in a week, corrected")).to_be_visible()
    # It went on below, where a letter begins the next.
    expect(page.get_by_role("button", name=re.compile("Meaning of f_001"))).to_be_focused()
    page.keyboard.type("Number")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("Meaning of f_001"))).not_to_contain_text("Number")
    expect(page.get_by_text("1 correction.")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    visit.photograph("gateway-dictionary-dark")
    visit.assert_accessible()
    page.get_by_role("button", name="Take back what was said of f_000").click()
    expect(page.get_by_role("button", name="Take back what was said of f_000")).to_have_count(0)


def test_full_and_on_a_phone(visit: Visit) -> None:
    page = visit.page
    for each in TABS:
        visit.open(f"/gateway?tab={each}")
        expect(page.get_by_role("tabpanel").get_by_role("heading", level=2).first).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        visit.photograph(f"gateway-{each}-full")
        visit.assert_accessible()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    paths = [*(f"/gateway?tab={each}" for each in TABS), "/gateway/connectors/crm?tab=dictionary"]
    for number, path in enumerate(paths):
        visit.open(path)
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        visit.photograph(f"gateway-phone-{number}")
        visit.assert_fits()
    visit.assert_accessible()


def test_a_route_begun_before_its_providers_are_known_can_be_saved(visit: Visit, server: Product) -> None:
    body = {"name": "late", "bases": {"openai": "http://127.0.0.1:9/v1"}, "key": "sk-late"}
    assert server.post("/api/v1/gateway/providers", body).status == 201
    held: list[Route] = []
    visit.page.route("**/api/v1/gateway/providers*", lambda route: held.append(route))
    page = visit.open("/gateway?tab=routes")
    page.get_by_role("button", name="New route").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("begun-early")
    dialog.get_by_label("Model 1").fill("held-model")
    assert held
    for each in held:
        each.continue_()
    visit.page.unroute("**/api/v1/gateway/providers*")
    dialog.get_by_role("button", name="Save route").click()
    expect(page.get_by_role("list", name="Routes")).to_contain_text("begun-early")
