"""docs/reference/monitors-proof.md and bisect.md say what the code does."""

from __future__ import annotations

import re

from benchmarks.proof_page import PAGES, REFERENCE, written
from roadworthy.features.debug.bisect.strategy import SILENT_FIRST, SILENT_SHARE
from roadworthy.stats.baselines import CONFIDENCE, GROWTH, LAG_DAYS, SMALL_STRATUM
from roadworthy.stats.bisection import UNIFORM_SHARE
from roadworthy.stats.conformal_drift import TAIL
from roadworthy.stats.e_detector import SHIFTS
from roadworthy.stats.two_speed import (
    DISPERSION_FACTOR,
    FAST_SHARE,
    SLOW_SHARE,
    WIDENING,
    WINDOW_HOURS,
)

PAGE = REFERENCE / "monitors-proof.md"
PARTS = PAGES[PAGE.name]
FIGURE = {
    "what": "delay",
    "must": "<= 28 h",
    "ours": 27.44,
    "unit": "h",
    "met": True,
    "beside": {"CUSUM": 1234.5, "river": "not measured"},
}
REPORT = {"machine": {"cpu": "a machine"}, "seed": 1, "quick": False}


def test_the_page_names_the_numbers_of_the_code() -> None:
    page = " ".join(PAGE.read_text().split())

    listed = ", ".join(f"{shift:g}".removeprefix("0") for shift in SHIFTS)
    assert f"δ ∈ {{{listed}}}" in page
    assert f"the {CONFIDENCE:.0%} upper bound".replace("%", " %") in page
    assert f"under {SMALL_STRATUM} results" in page
    assert GROWTH == 4
    assert "four times the data" in page
    assert f"at least {LAG_DAYS} days old" in page
    assert f"within {WIDENING:g} σ̂" in page
    assert f"with {DISPERSION_FACTOR:g} times the reference's dispersion" in page
    assert f"the fast one gets {1 / FAST_SHARE:g} A, the slow one {1 / SLOW_SHARE:g} A" in page
    assert WINDOW_HOURS == 6
    assert "counts of six hours" in page
    assert TAIL * 1000 == 5
    assert "five in a thousand" in page


def test_every_row_that_was_measured_says_whether_it_held() -> None:
    page = PAGE.read_text()

    for part in PARTS:
        rows = re.findall(rf"<!-- measured: {part} -->\n(.*?)<!-- end -->", page, re.DOTALL)
        assert len(rows) == 1
        assert rows[0].count("\n| ") >= 8


def test_tables_are_written_between_their_marks_and_nowhere_else() -> None:
    page = PAGE.read_text()

    filled = written(page, REPORT | {"monitors": [FIGURE], "real_drifts": "failed: no data"}, parts=PARTS)

    assert "| delay | <= 28 h | 27.4 h | CUSUM: 1,234; river: not measured |" in filled
    assert written(filled, REPORT | {"monitors": [FIGURE]}, parts=PARTS) == filled
    assert filled.split("<!-- measured: monitors -->")[0] == page.split("<!-- measured: monitors -->")[0]
    assert filled.split("### Real drifts")[1] == page.split("### Real drifts")[1]
    worse = written(page, REPORT | {"monitors": [FIGURE | {"met": False}]}, parts=PARTS)
    assert "27.4 h **not met**" in worse


def test_the_page_of_bisects_names_the_numbers_of_the_code_and_is_filled() -> None:
    text = (REFERENCE / "bisect.md").read_text()
    page = " ".join(text.split())

    assert f"{UNIFORM_SHARE:.0%} of it is spread evenly".replace("%", " %") in page
    assert SILENT_FIRST == 4
    assert "at least four reruns" in page
    assert SILENT_SHARE == 3
    assert "three quarters of them" in page
    figure = FIGURE | {"what": "exact step", "unit": "%"}
    filled = written(text, REPORT | {"bisect": [figure]}, parts=PAGES["bisect.md"])
    assert "| exact step | <= 28 h | 27.4 % |" in filled
    assert filled.split("<!-- measured: bisect -->")[0] == text.split("<!-- measured: bisect -->")[0]
