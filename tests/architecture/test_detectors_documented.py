"""docs/reference/detectors.md has one line for every detector, and none for others."""

from __future__ import annotations

import re
from pathlib import Path

from roadworthy.domain.failure_mode import BY_ID
from roadworthy.features.judge.detectors.table import DETECTORS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "detectors.md"
ROW = re.compile(r"^\| `(?P<name>\w+)` \| .+ \| .+ \| (?P<mode>.*) \|$", re.MULTILINE)


def test_every_detector_has_its_line_with_its_mode() -> None:
    rows = {row["name"]: row["mode"] for row in ROW.finditer(PAGE.read_text())}
    assert rows == {one.name: one.mode or "varies" for one in DETECTORS}


def test_detectors_are_named_as_their_modules_and_say_modes_there_are() -> None:
    for one in DETECTORS:
        assert one.detect.__module__.rpartition(".")[2] == one.name
        assert one.mode == "" or one.mode in BY_ID
        assert one.title and one.description
