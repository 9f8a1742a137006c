"""Pairs, history judged again, an issue's history, embedding: in a real browser, on real agents' runs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, SMALL_LAPTOP, Visit
from tests.journeys.test_browser_judging import issue_list, judged, settled
from tests.product import http
from tests.unit.judge.model_server import Handler, Script, chat, serving, verdict
from tests.unit.judge.test_embedding import embed

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["judged"]

KEY = "the second answer names what was found"


def prefers_the_longer(handler: Handler) -> None:
    """A judge that is stable: it likes the longer answer, wherever it stands. It gives vectors, too."""
    if handler.path.endswith("/embeddings"):
        embed(handler)
        return
    first, _, second = handler.body["messages"][-1]["content"].partition("Second answer:")
    first = first.partition("First answer:")[2]
    chat(verdict("first" if len(first) > len(second) else "second", KEY))(handler)


def ask(visit: Visit, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = http(
        visit.server.url + path,
        method=method,
        body=json.dumps(body).encode() if body is not None else None,
        headers={"content-type": "application/json"},
    )
    assert answer.status < 300, answer.body
    told: dict[str, Any] = answer.json() if answer.body else {}
    return told


def endpoint(visit: Visit, script: Script, *, name: str = "scripted", model: str = "small-2026") -> str:
    body = {"name": name, "base_url": script.openai, "model": model, "allow_private": True}
    priced = body | {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    return str(ask(visit, "POST", "/api/v1/model-endpoints", priced)["id"])


def two_runs(visit: Visit) -> tuple[str, str]:
    runs: list[dict[str, Any]] = [
        each for each in visit.server.all_runs() if each["final_answer"] and each["status"] != "running"
    ]
    one = runs[0]
    other = next(each for each in runs if len(each["final_answer"]) > len(one["final_answer"]) + 40)
    return one["id"], other["id"]


def test_a_judge_says_which_of_two_runs_did_better(judged: Visit) -> None:
    with serving(prefers_the_longer) as script:
        left, right = two_runs(judged)
        page = judged.open(f"/runs/{left}/compare/{right}")
        page.get_by_role("button", name="Which did better?").click()
        expect(page.get_by_text("No judge compares two runs yet")).to_be_visible()
        judge = {"name": "better", "endpoint": endpoint(judged, script), "rubric": "pairwise"}
        made = ask(judged, "POST", "/api/v1/judges", judge)
        try:
            page = judged.open(f"/runs/{left}/compare/{right}")
            page.get_by_role("button", name="Which did better?").click()
            page.get_by_role("button", name="Forecast the cost").click()
            expect(page.get_by_text(re.compile("at most about"))).to_be_visible()
            assert script.seen == []
            page.get_by_role("button", name="Ask in both orders").click()
            said = page.get_by_role("list", name="What judges said").get_by_role("listitem")
            expect(said).to_contain_text("right did better")
            expect(said).to_contain_text(KEY)
            assert len(script.seen) == 2
            judged.photograph("compare-judged")
            judged.assert_accessible()
            # Whoever looks at the two the other way round reads the same.
            page = judged.open(f"/runs/{right}/compare/{left}")
            expect(page.get_by_role("button", name=re.compile("left did better"))).to_be_visible()
            judged.page.set_viewport_size(PHONE)
            judged.photograph("compare-judged-phone")
            judged.page.set_viewport_size(SMALL_LAPTOP)
            page = judged.open(f"/settings/judges?open={made['id']}")
            expect(page.get_by_text("Order stability")).to_be_visible()
            expect(page.get_by_text(re.compile("100 %"))).to_be_visible()
            expect(page.get_by_text("It compares two runs")).to_be_visible()
            judged.photograph("settings-judge-pairwise")
            judged.assert_accessible()
            judged.assert_fits()
        finally:
            ask(judged, "DELETE", f"/api/v1/judges/{made['id']}")


def test_history_is_judged_again_with_its_cost_said_first(judged: Visit) -> None:
    page = judged.open("/settings/rejudge")
    settled(judged)
    page.get_by_label("Runs since").fill("2020-01-01")
    page.get_by_label("Only runs where").fill("status:=:ok")
    page.get_by_role("button", name="What would it cost?").click()
    expect(page.get_by_text("at no cost: no model is asked")).to_be_visible()
    judged.photograph("settings-rejudge")
    judged.assert_accessible()

    page.get_by_role("button", name=re.compile(r"Judge [\d,]+ runs? again")).click()

    expect(page.get_by_text(re.compile("Started"))).to_be_visible()
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile("status = ok"))).to_be_visible()
    judged.page.emulate_media(color_scheme="dark")
    judged.page.set_viewport_size(SMALL_LAPTOP)
    judged.photograph("settings-rejudge-dark")
    judged.assert_accessible()
    judged.assert_fits()


def test_what_is_wrong_with_a_filter_is_said(judged: Visit) -> None:
    page = judged.open("/settings/rejudge")
    page.get_by_label("Only runs where").fill("nonsense")
    page.get_by_role("button", name="What would it cost?").click()
    expect(page.get_by_role("alert")).to_contain_text("filter")
    judged.complaints.clear()


def test_an_issue_tells_who_did_what_and_why(judged: Visit) -> None:
    issue = issue_list(judged.server)[0]
    page = judged.open(f"/issues/{issue['id']}?from=2020-01-01T00:00:00Z")
    page.get_by_role("button", name="Mute for a time, or say why").click()
    page.get_by_role("menuitem", name="Mute, and say why…").click()
    page.get_by_role("textbox", name="Why").fill("the supplier mends it on Monday")
    judged.assert_accessible()
    page.get_by_role("dialog").get_by_role("button", name="Mute it").click()
    expect(page.get_by_text("the supplier mends it on Monday")).to_be_visible()
    page.get_by_role("button", name=re.compile("Unmute")).click()
    expect(page.get_by_text("opened again").first).to_be_visible()
    expect(page.get_by_text(re.compile("first seen in a run"))).to_be_visible()
    judged.photograph("issue-history")
    judged.assert_accessible()
    judged.page.set_viewport_size(PHONE)
    judged.assert_fits()


def test_embedding_is_chosen_and_tried(judged: Visit) -> None:
    with serving(prefers_the_longer) as script:
        # Of another name than those that other tests left, whose servers are gone.
        made = endpoint(judged, script, name="vectors", model="vectors-2026")
        try:
            page = judged.open("/settings/endpoints")
            settled(judged)
            page.get_by_role("combobox", name="Goes by").click()
            page.get_by_role("option", name=re.compile("vectors-2026")).first.click()
            page.get_by_role("button", name="Save", exact=True).click()
            page.get_by_role("button", name="Try it on two sentences").click()
            expect(page.get_by_text(re.compile(r"cosine 1\.000, 2 dimensions"))).to_be_visible()
            judged.photograph("settings-embedding")
            judged.assert_accessible()
        finally:
            ask(judged, "PUT", "/api/v1/embedding", {"endpoint": ""})
            ask(judged, "DELETE", f"/api/v1/model-endpoints/{made}")


def test_the_agent_page_shows_what_its_probabilities_have_meant(judged: Visit) -> None:
    agent = next(each["agent"] for each in judged.server.all_runs() if each["agent"])
    page = judged.open(f"/agents/{agent}?from=all")
    expect(page.get_by_role("heading", name="What p(failure) has meant")).to_be_visible()
    box = page.get_by_role("img", name=re.compile("Reliability")).first
    box.scroll_into_view_if_needed()
    expect(page.get_by_text(re.compile("Brier")).first).to_be_visible()
    judged.photograph("agent-calibration")
    judged.assert_accessible()
