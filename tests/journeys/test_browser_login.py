"""Where others could reach the server: who gets in, who does not, and how one leaves."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import product
from tests.journeys.conftest import Visit, first_visit
from tests.product import COMMAND, Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A name, of which the product takes for granted only that of "localhost" to be this machine alone: so it asks
# for a password, and the test still listens on loopback.
NAMED_HOST = "LOCALHOST"
NAME = "ada"
PASSWORD = "correct horse battery"


def set_password(server: Product, password: str) -> None:
    done = subprocess.run(
        [str(COMMAND), "people", "add", NAME, "--data", str(server.data)],
        input=password + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def guarded(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """A first visit to a product that lets nobody in without a password."""
    made = product.product_in(
        tmp_path, environment={"ROADWORTHY_HOST": NAMED_HOST, "ROADWORTHY_OTLP_HOST": "127.0.0.1"}
    )
    set_password(made, PASSWORD)
    with first_visit(made, browser) as visit:
        yield visit
    # A browser notes each 401 by itself; they are what this is about.
    assert [each for each in visit.complaints if "401 (Unauthorized)" not in each] == []


def log_in(page: Page, password: str) -> None:
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def token_of(visit: Visit) -> str:
    [cookie] = [each for each in visit.page.context.cookies() if each["name"] == "roadworthy_session"]
    assert cookie["httpOnly"], "scripts cannot read it"
    assert cookie["sameSite"] == "Lax"
    return cookie["value"]


def opens(visit: Visit, token: str) -> int:
    return visit.server.get("/api/v1/runs", headers={"cookie": f"roadworthy_session={token}"}).status


def test_in_with_the_right_password_only_and_out_again(guarded: Visit) -> None:
    page = guarded.open("/runs?from=all")

    expect(page).to_have_url(re.compile(r"/login\?next="))
    expect(page.get_by_role("heading", name="Log in to Roadworthy")).to_be_visible()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        guarded.photograph(f"login-{theme}")
        guarded.assert_accessible()

    log_in(page, PASSWORD + "?")
    expect(page.get_by_role("alert")).to_contain_text("Wrong name or password")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    assert guarded.server.get("/api/v1/runs").status == 401
    guarded.assert_accessible()

    log_in(page, PASSWORD)
    expect(page).to_have_url(re.compile(r"/runs\?from=all$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    token = token_of(guarded)
    assert opens(guarded, token) == 200

    page.get_by_role("button", name=f"Logged in as {NAME}").click()
    guarded.photograph("logged-in")
    page.get_by_role("menuitem", name="Log out").click()
    expect(page).to_have_url(re.compile(r"/login$"))
    assert opens(guarded, token) == 401, "the session is over on the server too"
    page.goto(guarded.server.url + "/settings/keys")
    expect(page.get_by_role("heading", name="Log in to Roadworthy")).to_be_visible()


def test_a_session_that_ended_leads_to_the_login_and_back(guarded: Visit) -> None:
    page = guarded.open("/login")
    log_in(page, PASSWORD)
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()

    set_password(guarded.server, PASSWORD + " staple")  # ends all sessions of that person

    page.get_by_role("link", name="Sessions").click()
    expect(page).to_have_url(re.compile(r"/login\?next="))
    log_in(page, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Wrong name or password")
    log_in(page, PASSWORD + " staple")
    expect(page).to_have_url(re.compile(r"/sessions"))
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


def test_a_made_up_session_opens_nothing(guarded: Visit) -> None:
    guarded.page.context.add_cookies(
        [{"name": "roadworthy_session", "value": "x" * 43, "url": guarded.server.url}]
    )

    page = guarded.open("/settings/keys")

    expect(page.get_by_role("heading", name="Log in to Roadworthy")).to_be_visible()
    assert opens(guarded, "x" * 43) == 401


def test_the_way_back_leads_nowhere_else(guarded: Visit) -> None:
    page = guarded.open("/login?next=//example.com/")
    log_in(page, PASSWORD)
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    assert page.url.startswith(guarded.server.url)


def test_a_key_is_shown_once_and_opens_the_api(guarded: Visit) -> None:
    page = guarded.open("/login?next=/settings/keys")
    log_in(page, PASSWORD)
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("nightly report")
    dialog.get_by_label("read").check()
    dialog.get_by_role("button", name="Make key").click()
    expect(dialog.get_by_role("heading", name="Copy the key now")).to_be_visible()
    found = re.search(r"rw_[\w-]+", dialog.inner_text())
    assert found
    secret = found[0]
    guarded.assert_accessible()
    dialog.get_by_role("button", name="I have copied it").click()

    page.reload()

    expect(page.get_by_role("cell", name="nightly report")).to_be_visible()
    assert secret not in page.content()
    header = {"authorization": f"Bearer {secret}"}
    assert guarded.server.get("/api/v1/runs", headers=header).status == 200
    assert guarded.server.get("/api/v1/runs", headers={"authorization": f"Bearer {secret}x"}).status == 401
    listed = guarded.server.get("/api/v1/projects/default/keys", headers=header)
    assert secret.encode() not in listed.body
