"""The reference page says what the doors do."""

from __future__ import annotations

from pathlib import Path

from roadworthy.doors.otlp.density import MOST_PARTS
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.refusal import ANSWERS
from roadworthy.features.ingest.validate import MOST_GROUPS, MOST_ITEMS

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "otlp.md"


def test_every_refusal_is_in_the_table_with_its_statuses() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text().split("| code |")[1].splitlines()[2:]
        if line.startswith("| ")
    ]
    documented = {code: (int(http), rpc) for code, http, rpc, _ in rows}
    assert documented == {code: (answer.http, answer.rpc.name) for code, answer in ANSWERS.items()}


def test_the_limits_are_the_ones_that_are_kept() -> None:
    page = PAGE.read_text()
    limits = DoorLimits()
    assert f"{limits.body_bytes >> 20} MiB after decompression" in page
    assert f"{MOST_ITEMS:,} spans" in page
    assert f"{MOST_GROUPS:,} resources" in page
    assert f"longer than {limits.header_seconds:g} seconds or {limits.header_bytes >> 10} KiB" in page
    assert f"longer than {limits.body_seconds:g} seconds" in page
    assert MOST_PARTS >= 1_000_000  # "millions"
