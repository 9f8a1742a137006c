"""Runs executed again, in a real browser: replayed, forked and bisected from their page; why they failed."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.agents.sums.model import ANSWER
from tests.journeys.conftest import PHONE, Visit, require_page, visit_to
from tests.journeys.test_replay_runners import AGENT, STEPS, World, put, world
from tests.product import wait_until

__all__ = ["world"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLIP_STEP = 5
"""The model's third call: it puts a wrong number into the third sum."""


@dataclass
class Runs:
    good: str
    bad: str


@pytest.fixture(scope="module")
def runs(world: World) -> Runs:
    require_page()
    return Runs(good=world.record(), bad=world.record(slip=2))


@pytest.fixture
def visit(world: World, browser: Browser) -> Iterator[Visit]:
    context, made = visit_to(world.server, browser)
    yield made
    context.close()
    assert made.complaints == []


def _finished(world: World, page: Page) -> str:
    """Id of the inquiry whose page is open, once it is over."""
    expect(page).to_have_url(re.compile(r"/inquiries/\w+"))
    inquiry = page.url.partition("/inquiries/")[2].partition("?")[0]
    path = f"/api/v1/inquiries/{inquiry}"
    wait_until(lambda: world.server.json(path)["state"] == "done", seconds=90, what="the inquiry")
    return inquiry


def _opened(visit: Visit, path: str) -> Page:
    """A page whose address opens a dialog: what is behind that is hidden from who looks by roles."""
    visit.page.goto(visit.server.url + path)
    visit.page.get_by_role("dialog").wait_for()
    return visit.page


def test_where_nothing_was_executed_again_the_pages_say_what_to_do(visit: Visit) -> None:
    page = visit.open("/inquiries")
    expect(page.get_by_role("heading", name="No run was executed again yet")).to_be_visible()
    expect(page.get_by_text("roadworthy replay RUN")).to_be_visible()
    visit.assert_accessible()
    visit.photograph("inquiries-empty")
    page = visit.open("/cases")
    expect(page.get_by_role("heading", name="No case yet")).to_be_visible()
    visit.assert_accessible()
    page.set_viewport_size(PHONE)
    visit.assert_fits()


def test_a_run_is_replayed_from_its_page_by_a_runner(visit: Visit, world: World, runs: Runs) -> None:
    # Nothing is asked for again now and then: what the page shows it was told of.
    visit.page.add_init_script("window.setInterval = () => 0")
    page = visit.open(f"/runs/{runs.good}")
    page.get_by_role("button", name="Replay", exact=True).click()
    dialog = page.get_by_role("dialog", name="Replay this run")
    dialog.get_by_label("Command").fill(AGENT)
    expect(dialog.get_by_text("roadworthy runner --agent summing")).to_be_visible()
    expect(dialog.get_by_text(f"roadworthy replay {runs.good} --command")).to_be_visible()
    visit.assert_accessible()
    visit.photograph("replay-dialog")
    dialog.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("Waiting for a runner.")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Reruns: 0 of 1")).to_be_visible()
    visit.assert_accessible()

    runner = world.begin("runner", "--agent", "summing", "--command", AGENT)
    try:
        _finished(world, page)
    finally:
        runner.send_signal(signal.SIGINT)
        runner.communicate(timeout=30)
    # The page follows by itself.
    expect(page.get_by_text("Identical", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="Calls of the rerun").get_by_role("listitem")).to_have_count(STEPS)
    visit.assert_accessible()
    visit.photograph("replay-identical")
    page.set_viewport_size(PHONE)
    visit.assert_fits()


def test_the_step_that_ruined_a_run_is_found_and_shown_as_a_picture(
    visit: Visit, world: World, runs: Runs
) -> None:
    assert put(world.server, "agents/summing/entry-point", {"via": "command", "command": AGENT}).status < 300
    runner = world.begin("runner", "--agent", "summing")
    try:
        page = _opened(visit, f"/runs/{runs.bad}?again=bisect")
        dialog = page.get_by_role("dialog", name="Find the step")
        dialog.get_by_label("Expected").fill(str(ANSWER))
        dialog.get_by_label("Id of a good run").fill(runs.good)
        visit.assert_accessible()
        visit.photograph("bisect-dialog")
        dialog.get_by_role("button", name="Find it").click()
        inquiry = _finished(world, page)
    finally:
        runner.send_signal(signal.SIGINT)
        runner.communicate(timeout=30)
    expect(page.get_by_text(re.compile(rf"Step {SLIP_STEP}, [\d.]+ % sure"))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(f"Step {SLIP_STEP}: "))).to_be_visible()
    expect(page.get_by_role("heading", name="What flipped")).to_be_visible()
    visit.assert_accessible()
    visit.photograph("bisect-found")

    # A rerun is chosen in the picture; the address is the view.
    page.get_by_role("button", name=re.compile("succeeded")).first.click()
    expect(page).to_have_url(re.compile("rerun="))
    page.reload()
    expect(page.get_by_role("link", name="Open it as a run")).to_be_visible()
    page.set_viewport_size(PHONE)
    visit.assert_fits()
    visit.photograph("bisect-phone")

    # What was proven stands on the run's page.
    page = visit.open(f"/runs/{runs.bad}?pane=why")
    expect(page.get_by_text(re.compile(rf"step {SLIP_STEP}, [\d.]+ % sure"))).to_be_visible()
    visit.assert_accessible()
    page.get_by_role("link", name="Bisect").click()
    expect(page).to_have_url(re.compile(inquiry))


def test_a_run_is_forked_at_a_step_and_both_are_laid_side_by_side(
    visit: Visit, world: World, runs: Runs
) -> None:
    code, _ = world.run(
        "fork", runs.bad, "--at", str(SLIP_STEP), "--good", runs.good, "--mixed", "--command", AGENT
    )
    assert code in (0, 1, 3)
    page = visit.open(f"/runs/{runs.bad}?pane=recordings")
    calls = page.get_by_role("list", name="Calls through the gateway").get_by_role("button")
    calls.nth(SLIP_STEP).click()
    expect(page.get_by_text(f"recorded step {SLIP_STEP + 1} of {STEPS}")).to_be_visible()
    visit.assert_accessible()
    page.get_by_role("button", name="Fork from here").click()
    expect(page).to_have_url(re.compile(f"again=fork&at={SLIP_STEP + 1}|at={SLIP_STEP + 1}&again=fork"))
    dialog = page.get_by_role("dialog", name="Fork from here")
    # A tool's step: what it returned is there to be changed.
    editor = dialog.get_by_role("textbox", name="Result of the tool")
    expect(editor).to_contain_text(re.compile(r"\d+"))
    expect(dialog.get_by_text("No tool is really called")).to_be_visible()
    dialog.get_by_role("checkbox", name="sums.add").check()
    expect(dialog.get_by_text("sums.add will really be called")).to_be_visible()
    visit.assert_accessible()
    visit.photograph("fork-dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # A model's step: the tools it calls, and a part of its prompt.
    page = _opened(visit, f"/runs/{runs.bad}?again=fork&at={SLIP_STEP}")
    expect(dialog.get_by_role("textbox", name="Tools it calls")).to_contain_text("subtract")
    dialog.get_by_label("What is different").click()
    page.get_by_role("option", name="The system prompt").click()
    expect(dialog.get_by_label("Only this part of it")).to_be_visible()
    visit.assert_accessible()

    page = visit.open("/inquiries?kind=fork")
    page.get_by_role("link", name="Fork", exact=True).first.click()
    expect(page.get_by_text("part here")).to_be_visible()
    expect(page.get_by_role("link", name="Compare as runs")).to_be_visible()
    visit.assert_accessible()
    visit.photograph("fork-side-by-side")
    page.set_viewport_size(PHONE)
    visit.assert_fits()


def test_a_run_becomes_a_case_that_can_be_downloaded(visit: Visit, runs: Runs) -> None:
    page = visit.open(f"/runs/{runs.bad}")
    page.get_by_role("button", name="Make a case").click()
    dialog = page.get_by_role("dialog", name="Make a case")
    dialog.get_by_label("Name").fill("The sum is right")
    dialog.get_by_label("Expected").fill(str(ANSWER))
    visit.assert_accessible()
    dialog.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="The sum is right")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("download")).click()
    assert download.value.suggested_filename.endswith(".case.jsonl")
    visit.assert_accessible()
    visit.photograph("cases")
    page.set_viewport_size(PHONE)
    visit.assert_fits()


def test_how_an_agent_is_started_is_kept_on_its_page(visit: Visit, world: World, runs: Runs) -> None:
    page = visit.open("/agents/summing?from=all")
    box = page.get_by_role("heading", name="How it is started").locator("../..")
    box.get_by_role("button").first.click()
    dialog = page.get_by_role("dialog", name="How summing is started")
    dialog.get_by_label("Command").fill(f"{AGENT} dated")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("with_nothing.py dated")).to_be_visible()
    assert world.server.json("/api/v1/agents/summing/entry-point")["command"].endswith("dated")
    visit.assert_accessible()


def test_a_bisect_is_stopped_and_goes_on_with_other_bounds(visit: Visit, world: World, runs: Runs) -> None:
    body = {
        "entry": {"via": "command", "command": AGENT},
        "check": {"how": "contains", "expected": str(ANSWER)},
        "good_run": runs.good,
        "budget": {"reruns": 30, "usd": 0.5},
    }
    made = world.server.post(f"/api/v1/runs/{runs.bad}/bisect", body)
    assert made.status == 201, made.body
    page = visit.open(f"/inquiries/{made.json()['id']}")
    far = page.get_by_role("region", name="How far it is")
    expect(far.get_by_role("progressbar", name="Reruns: 0 of at most 30")).to_be_visible()
    expect(far.get_by_text("8 usually do")).to_be_visible()
    expect(far.get_by_text("$0 of at most $0.50")).to_be_visible()
    visit.photograph("bisect-waits")
    far.get_by_role("button", name="Cancel").click()
    far.get_by_role("button", name="Go on").click()
    dialog = page.get_by_role("dialog", name="Go on")
    expect(dialog.get_by_label("Reruns at most")).to_have_value("30")
    dialog.get_by_label("USD at most").fill("2")
    visit.assert_accessible()
    dialog.get_by_role("button", name="Go on").click()
    expect(far.get_by_text("$0 of at most $2")).to_be_visible()
    page.set_viewport_size(PHONE)
    visit.assert_fits()
    assert world.server.post(f"/api/v1/inquiries/{made.json()['id']}/cancel", {}).status < 300


def test_a_run_is_executed_again_without_the_mouse(visit: Visit, runs: Runs) -> None:
    page = visit.open(f"/runs/{runs.bad}")
    expect(page.get_by_role("button", name="Replay", exact=True)).to_be_enabled()
    for key, title in (("r", "Replay this run"), ("b", "Find the step"), ("c", "Make a case")):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog", name=title)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name=title)).to_be_hidden()
    # A step is chosen, and forked at.
    page.get_by_text("sums.subtract").first.click()
    expect(page.get_by_role("button", name="Fork from here")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_label("Search or jump to").fill("fork from")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Fork from here").get_by_label("At step")).to_contain_text(
        "subtract"
    )
    page.keyboard.press("Escape")
    # The second key of a sequence is not the page's own: "r" would replay.
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile("/cases"))
    page = visit.open(f"/runs/{runs.bad}")
    expect(page.get_by_role("button", name="Replay", exact=True)).to_be_enabled()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile(r"/runs(\?|$)"))


def test_its_models_are_asked_again_from_the_page(visit: Visit, runs: Runs) -> None:
    page = visit.open(f"/runs/{runs.bad}?pane=why")
    page.get_by_role("button", name="Ask its models again").click()
    dialog = page.get_by_role("dialog", name="Ask its models again")
    dialog.get_by_label("Times a step").fill("2")
    dialog.get_by_label("Calls at most").fill("40")
    visit.assert_accessible()
    dialog.get_by_role("button", name="Ask").click()
    decisions = page.get_by_role("list", name="Decisions asked for again").get_by_role("listitem")
    expect(decisions).to_have_count(5)
    expect(page.get_by_text(re.compile("Done · 10 of 10 calls"))).to_be_visible(timeout=60_000)
    expect(decisions.filter(has_text=f"step {SLIP_STEP}")).to_contain_text("decided otherwise in 100 %")
    visit.assert_accessible()
    decisions.last.scroll_into_view_if_needed()
    visit.photograph("resampled")


def test_all_of_it_can_be_read_in_the_dark(visit: Visit, runs: Runs) -> None:
    visit.page.emulate_media(color_scheme="dark")
    page = visit.open("/inquiries")
    link = page.get_by_role("link", name="Bisect", exact=True).last
    expect(link).to_be_visible()
    visit.assert_accessible()
    link.click()
    expect(page.get_by_role("figure")).to_be_visible()
    visit.assert_accessible()
    visit.photograph("bisect-dark")
    visit.open("/cases")
    expect(page.get_by_role("heading", name="The sum is right")).to_be_visible()
    visit.assert_accessible()
    visit.open(f"/runs/{runs.bad}?pane=why")
    expect(page.get_by_role("list", name="Suspicious steps")).to_be_visible()
    visit.assert_accessible()
    for asked, shown in (
        (f"fork&at={SLIP_STEP}", "Tools it calls"),
        ("bisect", "How sure, and for how much"),
    ):
        _opened(visit, f"/runs/{runs.bad}?again={asked}")
        expect(page.get_by_text(shown, exact=True).first).to_be_visible()
        visit.assert_accessible()


def test_an_inquiry_that_is_not_there_is_said_so(visit: Visit) -> None:
    page = visit.open("/inquiries/none")
    expect(page.get_by_role("heading", name="There is no such inquiry")).to_be_visible()
    # The browser itself notes the 404 that is tested.
    visit.complaints = [each for each in visit.complaints if "404" not in each]
