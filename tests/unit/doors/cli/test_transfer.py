"""What an import takes a file for, where nobody says what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.doors.cli.transfer import _told_by_fields


@pytest.mark.parametrize(
    ("line", "noun"),
    [
        ('{"id": "r", "sort_ns": 1}', "runs"),
        ('{"span_id": "s", "parent_id": ""}', "spans"),
        ('{"name": "quick", "value": 1}', "scores"),
        # What is none of them the server refuses in its own words.
        ("5", "runs"),
        ('["sort_ns"]', "runs"),
        ("not JSON", "runs"),
        ("", "runs"),
    ],
)
def test_the_first_record_says_what_a_file_holds(tmp_path: Path, line: str, noun: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(line)
    assert _told_by_fields(file, form="jsonl") == noun
