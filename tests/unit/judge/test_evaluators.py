"""Each evaluator on small runs, and on what runs and configurations can be at their worst."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.features.judge.evaluators.evaluator import ConfigInvalid, Verdict, as_score
from roadworthy.features.judge.evaluators.table import BY_NAME, EVALUATORS, ready
from roadworthy.features.judge.transcript import Transcript
from tests.unit.judge.runs import call, transcript

SMALLEST: dict[str, dict[str, Any]] = {
    "exact": {"expected": "x"},
    "contains": {"phrases": ["x"]},
    "regex": {"pattern": "x"},
    "json_schema": {"json_schema": {"type": "object"}},
    "numeric": {"expected": 1},
    "overlap": {"expected": ["x"]},
    "similarity": {"expected": "x"},
    "trajectory": {"expected": [{"tool": "x"}]},
    "latency": {"limit_ms": 1},
    "cost": {"limit_usd": 1},
    "python": {"source": "def evaluate(run): return len(run['answer']) > 3"},
}


def judged(kind: str, run: Transcript, **config: Any) -> Verdict:
    return ready(kind, config).evaluate(run)


def test_names_are_those_of_the_modules() -> None:
    assert [one.evaluate.__module__.rpartition(".")[2] for one in EVALUATORS] == list(BY_NAME)
    assert SMALLEST.keys() == BY_NAME.keys()


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("exact", {}, ""),
        ("exact", {"expected": "a", "expected_attribute": "b"}, ""),
        ("exact", {"expected": "a", "ignorecase": True}, "ignorecase"),
        ("exact", {"expected": "a", "tool": "search"}, ""),
        ("contains", {"phrases": []}, "phrases"),
        ("contains", {"phrases": ["a", ""]}, "phrases.1"),
        ("contains", {"phrases": ["a"], "need": "most"}, "need"),
        ("regex", {"pattern": "("}, "pattern"),
        ("regex", {"pattern": r"(a)\1"}, "pattern"),
        ("regex", {"pattern": "(?=a)"}, "pattern"),
        ("json_schema", {"json_schema": {"type": "nothing"}}, "json_schema"),
        ("json_schema", {"json_schema": {"$ref": "file:///etc/passwd"}}, "json_schema"),
        ("json_schema", {"json_schema": {"$ref": "http://127.0.0.1:9/schema"}}, "json_schema"),
        ("numeric", {"expected": float("nan")}, "expected"),
        ("numeric", {"expected": 1, "relative": 2}, "relative"),
        ("overlap", {}, ""),
        ("similarity", {"expected": "a", "threshold": 1.5}, "threshold"),
        ("trajectory", {"expected": []}, "expected"),
        (
            "trajectory",
            {"expected": [{"tool": "a", "match": "regex", "arguments": {"x": "("}}]},
            "expected.0",
        ),
        ("latency", {"limit_ms": -1}, "limit_ms"),
        ("latency", {"limit_ms": 10, "zero_at_ms": 5}, "zero_at_ms"),
        ("cost", {}, "limit_usd"),
        ("cost", {"limit_usd": 0.1, "zero_at_usd": 0.1}, "zero_at_usd"),
        ("python", {"source": "def evaluate(run) return 1"}, "source"),
        ("python", {"source": "import os\ndef evaluate(run): return 1"}, "source"),
        ("telepathy", {}, "kind"),
    ],
)
def test_a_wrong_configuration_names_its_field(kind: str, config: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        ready(kind, config)

    assert refused.value.field == field
    assert refused.value.expected


def test_the_version_changes_with_the_configuration_and_with_nothing_else() -> None:
    one = ready("exact", {"expected": "a"}).version

    assert one == ready("exact", {"expected": "a", "ignore_case": False}).version
    assert one != ready("exact", {"expected": "b"}).version
    assert one.startswith("exact/1/")


def test_a_score_says_who_and_with_what_probability() -> None:
    run = transcript("yes")
    exact = ready("exact", {"expected": "yes"})

    score = as_score(exact.evaluate(run), run=run.run, name="answer right", version=exact.version, at_ns=5)

    assert (score.source, score.value, score.sampled, score.run_id) == ("evaluator", 1.0, 1.0, run.run.id)


@pytest.mark.parametrize(
    ("answer", "config", "value"),
    [
        ("Paris", {"expected": "Paris"}, 1),
        (" Paris\n", {"expected": "Paris"}, 1),
        (" Paris\n", {"expected": "Paris", "ignore_space": False}, 0),
        ("paris", {"expected": "Paris"}, 0),
        ("PARIS", {"expected": "Paris", "ignore_case": True}, 1),
        ("", {"expected": "Paris"}, 0),
        ("Cafe\u0301", {"expected": "Café"}, 1),
    ],
)
def test_exact(answer: str, config: dict[str, Any], value: float) -> None:
    assert judged("exact", transcript(answer), **config).value == value


def test_what_is_right_may_come_with_the_run() -> None:
    run = transcript("42", attributes={"reference": "42"})

    assert judged("exact", run, expected_attribute="reference").value == 1
    assert judged("numeric", run, expected_attribute="reference").value == 1
    assert judged("exact", run, expected_attribute="gold").label == "unknown"
    assert judged("numeric", run, expected_attribute="gold").value is None


def test_contains_tells_what_is_missing_and_where_the_rest_stands() -> None:
    run = transcript("Your refund of 20 EUR is on its way.")

    verdict = judged("contains", run, phrases=["REFUND", "apology"])

    assert (verdict.value, verdict.explanation) == (0, "missing: 'apology'")
    [place] = verdict.evidence
    assert run.answer[place.start : place.end] == "refund"
    assert judged("contains", run, phrases=["refund", "apology"], need="any").value == 1
    assert judged("contains", run, phrases=["apology"], need="none").value == 1
    assert judged("contains", run, phrases=["refund"], need="none").value == 0
    assert judged("contains", run, phrases=["REFUND"], ignore_case=False).value == 0


def test_regex_finds_its_place_behind_letters_of_several_bytes() -> None:
    run = transcript("Grüße aus Köln, Auftrag № 4711 bestätigt")

    verdict = judged("regex", run, pattern=r"№ (\d+)")

    [place] = verdict.evidence
    assert run.answer[place.start : place.end] == "№ 4711"
    assert judged("regex", run, pattern=r"\d+", match="full").value == 0
    assert judged("regex", run, pattern=r"Grüße.*", match="full").value == 1
    assert judged("regex", run, pattern=r"AUFTRAG", ignore_case=True, absent=True).value == 0
    assert judged("regex", run, pattern=r"refund", absent=True).value == 1


def test_a_pattern_that_explodes_elsewhere_is_linear_here() -> None:
    run = transcript("a" * 2_000_000 + "b")

    assert judged("regex", run, pattern=r"^(a+)+$").value == 0


def test_json_schema_reads_fenced_json_and_tells_what_is_wrong() -> None:
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}

    fenced = transcript('Here it is:\n```json\n{"id": 7}\n```\nBye.')
    wrong = judged("json_schema", transcript('{"id": "7"}'), json_schema=schema)

    assert judged("json_schema", fenced, json_schema=schema).value == 1
    assert judged("json_schema", fenced, json_schema=schema, fenced=False).value == 0
    assert (wrong.value, wrong.explanation) == (0, '/id: "7" is not of type "integer"')
    assert judged("json_schema", transcript('{"id": '), json_schema=schema).explanation.startswith("not JSON")


def test_json_schema_survives_schemas_and_answers_without_bottom() -> None:
    nested = transcript("[" * 900 + "]" * 900)
    schema = {"$ref": "#/$defs/list", "$defs": {"list": {"type": "array", "items": {"$ref": "#/$defs/list"}}}}

    assert judged("json_schema", nested, json_schema=schema).value == 1
    assert judged("json_schema", transcript("[" * 100_000), json_schema=schema).value == 0
    assert judged("json_schema", nested, json_schema={"$ref": "#"}).value == 1


@pytest.mark.parametrize(
    ("answer", "config", "value"),
    [
        ("The total is 1,234.50 EUR.", {"expected": 1234.5}, 1),
        ("Between 10 and 20", {"expected": 20, "which": "first"}, 0),
        ("Between 10 and 20", {"expected": 20, "which": "last"}, 1),
        ("about 101", {"expected": 100, "relative": 0.01}, 1),
        ("about 102", {"expected": 100, "absolute": 1}, 0),
        ("none", {"expected": 0}, 0),
        ("it is −3 °C", {"expected": -3}, 1),
        ("1e400", {"expected": 1}, 0),
        ("version v2", {"expected": 2}, 0),
    ],
)
def test_numeric(answer: str, config: dict[str, Any], value: float) -> None:
    assert judged("numeric", transcript(answer), **config).value == value


@pytest.mark.parametrize(
    ("answer", "config", "value"),
    [
        ('["a", "b"]', {"expected": ["a", "b"]}, 1),
        ("a, c", {"expected": ["a", "b"], "measure": "precision"}, 0.5),
        ("- A\n- b\n- c\n", {"expected": ["a", "b"], "measure": "recall"}, 1),
        ("a\nb\nc", {"expected": ["a", "b"], "measure": "jaccard"}, 2 / 3),
        ("a, a, b", {"expected": ["a", "b"]}, 1),
        ("a, a, b", {"expected": ["a", "b"], "repeats": True}, 0.8),
        ("", {"expected": ["a"], "measure": "precision"}, 0),
        ("the blue car", {"expected": ["blue", "car"], "split": "words", "measure": "recall"}, 1),
    ],
)
def test_overlap(answer: str, config: dict[str, Any], value: float) -> None:
    assert judged("overlap", transcript(answer), **config).value == pytest.approx(value)


def test_similarity_orders_texts_as_people_would() -> None:
    goal = "Your refund of 20 euros will arrive within five days."
    texts = [goal, "The refund of 20 euros arrives in five days.", "We sell bicycles.", ""]

    values = [judged("similarity", transcript(text), expected=goal).value for text in texts]

    assert values[0] == pytest.approx(1.0)
    assert values == sorted(values, key=lambda value: -(value or 0))
    assert values[-1] == 0


@pytest.mark.parametrize(
    ("order", "expected", "ok"),
    [
        ("strict", ["find", "pay"], False),
        ("strict", ["find", "check", "pay"], True),
        ("order", ["find", "pay"], True),
        ("order", ["pay", "find"], False),
        ("unordered", ["pay", "find", "check"], True),
        ("unordered", ["pay", "find"], False),
        ("subset", ["find", "check", "pay", "refund"], True),
        ("subset", ["find", "check"], False),
        ("superset", ["pay", "find"], True),
        ("superset", ["pay", "pay"], False),
    ],
)
def test_trajectory(order: str, expected: list[str], ok: bool) -> None:
    run = transcript("done", call("find"), call("check"), call("pay"))

    verdict = judged("trajectory", run, order=order, expected=[{"tool": tool} for tool in expected])

    assert (verdict.value == 1) is ok
    assert verdict.label == ("pass" if ok else "fail")


@pytest.mark.parametrize(
    ("arguments", "match", "ok"),
    [
        ({"id": 7, "note": "x"}, "exact", True),
        ({"id": 7}, "exact", False),
        ({"id": 7}, "subset", True),
        ({"id": 7.0}, "subset", True),
        ({"id": True}, "subset", False),
        ({"id": r"\d+"}, "regex", True),
        ({"id": r"\d\d"}, "regex", False),
        ({"other": ".*"}, "regex", False),
    ],
)
def test_trajectory_checks_arguments(arguments: dict[str, Any], match: str, ok: bool) -> None:
    run = transcript("done", call("pay", {"id": 7, "note": "x"}))

    verdict = judged("trajectory", run, expected=[{"tool": "pay", "arguments": arguments, "match": match}])

    assert (verdict.value == 1) is ok


def test_trajectory_gives_a_call_that_anyone_may_have_to_the_one_who_needs_it() -> None:
    run = transcript("done", call("pay", {"id": 1}), call("pay", {"id": 2}))
    expected = [{"tool": "pay"}, {"tool": "pay", "arguments": {"id": 1}}]

    assert judged("trajectory", run, order="unordered", expected=expected).value == 1


def test_trajectory_counts_failed_calls_only_when_asked() -> None:
    run = transcript("done", call("pay", failed=True))

    assert judged("trajectory", run, expected=[{"tool": "pay"}]).value == 0
    assert judged("trajectory", run, expected=[{"tool": "pay"}], failed_calls=True).value == 1


def test_latency_and_cost_fall_from_the_limit_to_zero() -> None:
    run = transcript("x", call("slow", ms=300), duration_ms=150, cost_usd=0.02)

    assert judged("latency", run, limit_ms=200).value == 1
    assert judged("latency", run, limit_ms=100).value == 0
    assert judged("latency", run, limit_ms=100, zero_at_ms=200).value == pytest.approx(0.5)
    assert judged("latency", run, limit_ms=200, tool="slow").value == 0
    assert judged("latency", run, limit_ms=200, tool="fast").label == "unknown"
    assert judged("cost", run, limit_usd=0.01).value == 0
    assert judged("cost", transcript("x", cost_usd=None), limit_usd=0.01).value is None
    assert judged("latency", transcript("x", duration_ms=None), limit_ms=1).value is None


def test_an_explanation_tells_a_value_from_a_limit_near_it() -> None:
    run = transcript("order A-17", duration_ms=151, cost_usd=0.000204)

    assert judged("latency", run, limit_ms=150.8).explanation == "151 ms, limit 150.8 ms"
    assert judged("cost", run, limit_usd=0.0002).explanation == "0.000204 USD, limit 0.0002 USD"
    whole = judged("regex", run, pattern=r"A-\d+", match="full")
    assert (whole.value, whole.explanation) == (0, "the pattern does not match the whole text")


def test_a_tool_that_was_not_called_leaves_its_verdict_open() -> None:
    verdict = judged("contains", transcript("x"), phrases=["x"], where="tool_results", tool="search")

    assert (verdict.value, verdict.explanation) == (None, "tool 'search' was not called")


def test_a_function_of_ones_own_is_an_evaluator_like_any_other() -> None:
    source = "def evaluate(run): return {'value': 0.5, 'label': run['tools'][0]['name']}"
    run = transcript("x", call("find"))

    assert (judged("python", run, source=source).value, judged("python", run, source=source).label) == (
        0.5,
        "find",
    )
    assert ready("python", {"source": source}).version != ready("python", {"source": source + " "}).version


HORRORS = [
    "",
    "\x00\x01\ud800",
    "```json\n" * 10_000,
    "9" * 100_000,
    "1," * 100_000,
    "[" * 50_000,
    "data:image/png;base64," + "iVBORw0KGgo" * 50_000,
    "Ω≈ç√∫˜µ≤≥÷ 日本語 " * 20_000,
]


@pytest.mark.parametrize("kind", list(BY_NAME))
@pytest.mark.parametrize("text", HORRORS, ids=range(len(HORRORS)))
def test_no_answer_makes_an_evaluator_raise(kind: str, text: str) -> None:
    run = transcript(text.encode("utf-8", "replace").decode(), call("x", text[:1000].replace("\ud800", "")))

    verdict = judged(kind, run, **SMALLEST[kind])

    assert verdict.value is None or 0 <= verdict.value <= 1


@given(answer=st.text(max_size=200), expected=st.text(min_size=1, max_size=50))
def test_values_stay_in_range_and_say_the_same_twice(answer: str, expected: str) -> None:
    run = transcript(answer)
    for kind in ("exact", "similarity"):
        one, two = (judged(kind, run, expected=expected) for _ in range(2))
        assert one == two
        assert one.value is not None and 0 <= one.value <= 1
