from __future__ import annotations

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.score import Score
from roadworthy.features.judge.mode_words import mode_words


def word(mode: str, *, source: str, author: str = "", written: int, evaluator: str = "") -> Score:
    return Score(
        project="p",
        name="way",
        mode=mode,
        source=source,
        author=author,
        evaluator_version=evaluator,
        at_ns=7,
        version=written,
    )


def test_a_judge_is_one_voice_whatever_its_version_and_two_people_are_two() -> None:
    scores = [
        word("mast-1.1", source="judge", author="gpt", written=1, evaluator="way/1"),
        word("", source="judge", author="other", written=2, evaluator="way/2"),
        word("mast-1.3", source="reviewer", author="ada", written=3),
        word("mast-1.3", source="reviewer", author="bob", written=4),
    ]
    assert [(one.mode, one.author) for one in mode_words([], scores)] == [
        ("mast-1.3", "ada"),
        ("mast-1.3", "bob"),
    ]


def test_a_detector_says_where_and_why() -> None:
    found = Finding(
        detector="loop", mode="mast-1.3", reason="asked 9 times", evidence=(Evidence(span_id="ab"),)
    )
    (one,) = mode_words([found, Finding(detector="outlier")], [])
    assert (one.source, one.name, one.reason, one.span_id) == ("detector", "loop", "asked 9 times", "ab")
