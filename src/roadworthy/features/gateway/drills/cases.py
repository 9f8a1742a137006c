"""Tasks out of a dataset file: CSV with a heading, or a JSON object a line.

Columns `input` (also task, question, prompt), `expected` (answer, output, label), `match` (auto, exact,
contains, number), `id`. Others are passed over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from roadworthy.features.gateway.drills.drill import BadDrill, Case, Match

_INPUT = ("input", "task", "question", "prompt", "query")
_EXPECTED = ("expected", "answer", "output", "label", "target")


def cases_of_jsonl(text: str) -> list[Case]:
    """Raises BadDrill naming the line."""
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as odd:
            raise BadDrill("cases", f"line {number} is no JSON: {odd}") from None
        if not isinstance(row, dict):
            raise BadDrill("cases", f'line {number}: expected an object like {{"input": "..."}}')
        rows.append((number, row))
    return _cases(rows)


def cases_of_csv(text: str) -> list[Case]:
    """Raises BadDrill naming the line."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        return _cases([(reader.line_num, row) for row in reader])
    except csv.Error as odd:
        raise BadDrill("cases", f"line {reader.line_num} is no CSV: {odd}") from None


def _cases(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Case]:
    cases = [_case(number, row, place) for place, (number, row) in enumerate(rows, 1)]
    if not cases:
        raise BadDrill("cases", "there is no task in it")
    return cases


def _case(number: int, row: Mapping[str, Any], place: int) -> Case:
    asked = _text(row, _INPUT)
    if not asked.strip():
        raise BadDrill("cases", f"line {number} has no task: expected a field {' or '.join(_INPUT)}")
    match = str(row.get("match") or Match.AUTO).strip().lower()
    if match not in set(Match):
        raise BadDrill("cases", f"line {number}: match is {match!r}; expected one of {', '.join(Match)}")
    return Case(
        id=str(row.get("id") or "") or f"case-{place}",
        input=asked,
        expected=_text(row, _EXPECTED).strip(),
        match=Match(match),
    )


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        if value is not None and value != "":
            return value if isinstance(value, str) else orjson.dumps(value).decode()
    return ""
