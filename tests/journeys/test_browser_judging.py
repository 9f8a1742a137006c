"""Verdicts, issues, agents and what judges, in a real browser on what real agents sent.

In data/otlp, ticket T-1005 asks for a refund that is refused, and some agents say that it was made.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, SMALL_LAPTOP, Visit
from tests.product import Product, wait_until
from tests.unit.judge.model_server import chat, serving, verdict

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FALSE_CLAIM = "false_success_claim"


@pytest.fixture
def judged(full: Visit) -> Visit:
    """A visit to a product that has judged every run that ended."""

    def waiting() -> int:
        runs = full.server.all_runs()
        return sum(run["judged"] is None for run in runs if run["status"] != "running")

    wait_until(lambda: waiting() == 0, seconds=90, what="every run is judged")
    return full


def found_by(server: Product, detector: str) -> list[dict[str, Any]]:
    found = server.all_runs(f"&filter=detectors:eq:{detector}")
    assert found, f"{detector} finds something in data/otlp"
    return found


def issue_list(server: Product, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = server.json(f"/api/v1/issues?from=2020-01-01T00:00:00Z{query}")["items"]
    return items


def settled(visit: Visit) -> None:
    expect(visit.page.get_by_role("status", name="Loading")).to_have_count(0)


def test_the_verdict_leads_to_the_words_it_rests_on(judged: Visit) -> None:
    run = found_by(judged.server, FALSE_CLAIM)[0]
    verdict = judged.server.json(f"/api/v1/runs/{run['id']}/verdict")
    finding = next(each for each in verdict["findings"] if each["detector"] == FALSE_CLAIM)
    judged.page.set_viewport_size(SMALL_LAPTOP)
    page = judged.open(f"/runs/{run['id']}")
    line = page.get_by_role("list", name="What was found").get_by_role("listitem")
    expect(line.filter(has_text=finding["title"]).first).to_contain_text(finding["reason"][:40])
    judged.photograph("verdict")
    judged.assert_accessible()
    judged.assert_fits()

    line.filter(has_text=finding["title"]).first.get_by_role("button").click()

    expect(page).to_have_url(re.compile("mark="))
    marked = page.wait_for_function(
        "() => [...CSS.highlights.get('evidence-focus') ?? []].map(String).join('')"
    )
    said = re.sub(r"\W", "", marked.json_value())
    assert said in re.sub(r"\W", "", finding["evidence"][0]["excerpt"])
    judged.photograph("verdict-evidence")
    judged.assert_accessible()


def test_a_probability_is_never_shown_without_what_it_has_meant(judged: Visit) -> None:
    run = next(each for each in judged.server.all_runs() if each["p_failure"] is not None)
    page = judged.open(f"/runs/{run['id']}?verdict=full")

    chip = page.get_by_role("button", name=re.compile(r"p\(failure\)"))
    expect(chip).to_contain_text(re.compile(r"such runs failed|no labelled run"))
    whole = page.get_by_role("region", name="Verdict in full")
    expect(whole.get_by_role("img", name=re.compile("Reliability"))).to_be_visible()
    expect(whole).to_contain_text("Brier")
    judged.photograph("verdict-full")
    judged.assert_accessible()
    page.keyboard.press("v")
    expect(whole).to_have_count(0)


def test_a_person_says_the_outcome_by_keyboard(judged: Visit) -> None:
    run = next(each for each in judged.server.all_runs() if each["outcome"] == "unknown")
    page = judged.open(f"/runs/{run['id']}")
    expect(page.get_by_text("outcome unknown")).to_be_visible()
    expect(page.get_by_role("treeitem").first).to_be_visible()

    page.keyboard.press("o")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    judged.assert_accessible()
    page.keyboard.press("f")
    expect(dialog.get_by_role("radio", name=re.compile("Failure"))).to_be_checked()
    dialog.get_by_role("combobox", name="Way of failing").click()
    # A letter looks for an entry here; it does not change what was said.
    page.keyboard.press("s")
    page.get_by_role("option", name="Did not check").click()
    dialog.get_by_role("button", name="Ask its user").click()
    expect(dialog.get_by_text("/feedback/")).to_be_visible()
    judged.assert_accessible()
    dialog.get_by_label("Reason").fill("The refund was never issued")
    page.keyboard.press("Enter")

    expect(dialog).to_have_count(0)
    expect(
        page.get_by_text(re.compile("said by a reviewer.*The refund was never issued")).first
    ).to_be_visible()
    wait_until(
        lambda: judged.server.json(f"/api/v1/runs/{run['id']}")["outcome"] == "failure",
        seconds=20,
        what="the run carries the outcome",
    )
    (word,) = judged.server.json(f"/api/v1/runs/{run['id']}/verdict")["said"]
    assert (word["source"], word["outcome"]) == ("reviewer", "failure")
    named = [one["mode"] for one in judged.server.json(f"/api/v1/runs/{run['id']}/verdict")["modes"]]
    assert "mast-3.2" in named


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_issues_are_read_and_dealt_with_by_keyboard(judged: Visit, theme: str) -> None:
    judged.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page = judged.open("/issues?from=all")
    rows = page.get_by_role("list", name="Issues").get_by_role("listitem")
    expect(rows.first).to_be_visible()
    settled(judged)
    judged.photograph(f"issues-{theme}")
    judged.assert_accessible()
    judged.assert_fits()
    title = rows.first.get_by_role("link").first.inner_text()

    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_text("Resolved: it opens again", exact=False).first).to_be_visible()
    resolved = next(each for each in issue_list(judged.server, "&state=resolved") if each["title"] == title)
    page = judged.open(f"/issues/{resolved['id']}?from=all")
    expect(page.get_by_role("img", name="resolved")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("img", name="open")).to_be_visible()


def test_an_issue_shows_its_runs_and_counts_what_the_list_shows(judged: Visit) -> None:
    issue = max(issue_list(judged.server), key=lambda each: each["runs"])
    page = judged.open(f"/issues/{issue['id']}?from=all")
    expect(page.get_by_role("heading", name="Runs that show it best")).to_be_visible()
    expect(page.get_by_role("heading", name="What it is")).to_be_visible()
    settled(judged)
    judged.photograph("issue")
    judged.assert_accessible()

    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("anna")
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^anna"))).to_be_visible()

    page.get_by_role("button", name="Mute for a time").click()
    page.get_by_role("menuitem", name="Mute for a week").click()
    expect(page.get_by_role("button", name=re.compile("^Unmute"))).to_be_visible()
    expect(page.get_by_text("Muted until", exact=True)).to_be_visible()
    page.keyboard.press("m")
    expect(page.get_by_role("button", name=re.compile("^Mute m"))).to_be_visible()

    page.get_by_role("link", name=re.compile(r"^all \d+ run")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{issue['runs']} run")


def test_the_issues_fit_a_phone(judged: Visit) -> None:
    judged.page.set_viewport_size(PHONE)
    page = judged.open("/issues?from=all")
    expect(page.get_by_role("list", name="Issues").get_by_role("listitem").first).to_be_visible()
    judged.assert_fits()
    judged.photograph("issues-phone")
    judged.assert_accessible()


def test_no_issue_says_what_that_means(empty: Visit) -> None:
    page = empty.open("/issues")
    expect(page.get_by_role("heading", name="No open issue")).to_be_visible()
    empty.photograph("issues-empty")
    empty.assert_accessible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_agent_and_its_numbers_lead_to_its_runs(judged: Visit, theme: str) -> None:
    judged.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    agent = found_by(judged.server, FALSE_CLAIM)[0]["agent"]
    page = judged.open(f"/agents/{agent}?from=all")
    figures = page.get_by_role("region", name="Figures")
    expect(figures).to_be_visible()
    expect(page.get_by_role("heading", name="Ways of failing")).to_be_visible()
    settled(judged)
    judged.photograph(f"agent-{theme}")
    judged.assert_accessible()
    judged.assert_fits()

    runs = figures.get_by_role("link", name=re.compile("^Runs"))
    said = int(re.sub(r"\D", "", runs.inner_text()))
    runs.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{said} run")


def test_a_detector_is_previewed_and_switched_off(judged: Visit) -> None:
    page = judged.open("/settings/detectors")
    table = page.get_by_role("table", name="Detectors")
    title = next(
        each["title"]
        for each in judged.server.json("/api/v1/detectors")["items"]
        if each["name"] == FALSE_CLAIM
    )
    table.get_by_role("button", name=f"Preview {title}").click()
    expect(page.get_by_text(re.compile("Looked at the newest"))).to_be_visible()
    judged.photograph("settings-detectors")
    judged.assert_accessible()

    switch = page.get_by_role("switch", name=f"{title}: on")
    switch.click()
    expect(switch).not_to_be_checked()
    switch.click()
    expect(switch).to_be_checked()


@pytest.mark.parametrize("name", ["outcomes", "detectors", "evaluators", "judges", "rejudge", "endpoints"])
def test_each_setting_is_whole_in_the_dark_and_on_a_small_laptop(judged: Visit, name: str) -> None:
    judged.page.emulate_media(color_scheme="dark")
    judged.page.set_viewport_size(SMALL_LAPTOP)
    page = judged.open(f"/settings/{name}")
    settled(judged)
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    judged.photograph(f"settings-{name}-dark")
    judged.assert_accessible()
    judged.assert_fits()


def test_an_evaluator_is_tried_before_it_is_saved(judged: Visit) -> None:
    page = judged.open("/settings/evaluators")
    expect(page.get_by_role("heading", name="No evaluator yet")).to_be_visible()
    page.get_by_role("link", name="New evaluator").click()
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="Contains").click()
    page.get_by_role("button", name="Save evaluator").click()
    expect(page.get_by_role("alert")).to_contain_text("Phrases")
    page.get_by_label("Phrases (needed)").fill("refund")
    page.get_by_label("Name", exact=True).fill("speaks of the refund")
    page.get_by_role("button", name="Try on recent runs").click()
    tried = page.get_by_role("list", name="What it says of recent runs").get_by_role("listitem")
    expect(tried.first).to_be_visible()
    judged.photograph("settings-evaluator")
    judged.assert_accessible()

    page.get_by_role("button", name="Save evaluator").click()

    expect(page.get_by_role("cell", name="speaks of the refund", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete speaks of the refund").click()
    expect(page.get_by_role("heading", name="No evaluator yet")).to_be_visible()


def test_whose_word_counts_is_ordered_by_keyboard(judged: Visit) -> None:
    before = judged.server.json("/api/v1/judging")["precedence"]
    page = judged.open("/settings/outcomes")
    order = page.get_by_role("list", name="Order of precedence").get_by_role("listitem")
    expect(order).to_have_count(len(before))
    judged.photograph("settings-outcomes")
    judged.assert_accessible()

    order.nth(1).focus()
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_role("button", name="Save", exact=True).click()

    wait_until(
        lambda: judged.server.json("/api/v1/judging")["precedence"][:2] == [before[1], before[0]],
        seconds=10,
        what="the order is saved",
    )


def test_a_judge_is_tried_on_recent_runs_before_it_is_saved(judged: Visit) -> None:
    secret = "sk-journey-4711-of-nobody"
    rubrics = judged.server.json("/api/v1/rubrics")["items"]
    label = next(each for each in rubrics if each["id"] == "task-completion")["labels"][0]["name"]
    with serving(chat(verdict(label, "The tools show it was done."))) as script:
        page = judged.open("/settings/judges")
        page.get_by_role("link", name="First, a model endpoint").click()
        page.get_by_role("button", name="New endpoint").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("scripted")
        dialog.get_by_label("Address").fill(script.openai)
        dialog.get_by_label("Model").fill("small-2026")
        dialog.get_by_label("Key").fill(secret)
        dialog.get_by_label("It may be on this machine").check()
        dialog.get_by_label("USD per million tokens in").fill("1.5")
        dialog.get_by_label("USD per million tokens out").fill("6")
        judged.assert_accessible()
        dialog.get_by_role("button", name="Save endpoint").click()
        expect(page.get_by_role("table", name="Model endpoints")).to_contain_text("set")
        assert secret not in page.content()
        judged.photograph("settings-endpoints")
        judged.assert_accessible()

        page = judged.open("/settings/judges?open=new")
        page.get_by_role("button", name="Forecast the cost").click()
        expect(page.get_by_text(re.compile("would cost about"))).to_be_visible()
        assert script.seen == []
        page.get_by_role("button", name=re.compile("Ask about")).click()
        said = page.get_by_role("list", name="What the judge says of recent runs").get_by_role("listitem")
        expect(said.first).to_contain_text("The tools show it was done.")
        judged.photograph("settings-judge-bench")
        judged.assert_accessible()
        assert script.seen[0].headers["authorization"] == f"Bearer {secret}"

        page.get_by_label("Name", exact=True).fill("done as asked")
        page.get_by_label("Drawn by chance, % of runs").fill("0")
        page.get_by_role("button", name="Save judge").click()
        page.get_by_role("table", name="Judges").get_by_role("link", name="done as asked").click()
        expect(page.get_by_role("heading", name="How far people agree with it")).to_be_visible()
        expect(page.get_by_text(re.compile("no run was judged both"))).to_be_visible()
        judged.assert_accessible()
