"""An agent said along the way that something is wrong: a result, an earlier step, its own understanding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Saying, Transcript
from roadworthy.features.judge.utterances import heard, lowered, utterances
from roadworthy.kit.word_set import WordSet

_DOUBT = re.compile(
    r"(?P<strong>\b(?:doesn't|doesn’t|does not|don't|do not|not) (?:make sense|add up|match|seem (?:right|"
    r"correct|"
    r"logical|possible|plausible))|\binconsisten\w+|\bcontradict(?:s|ory|ion)\b|\bdiscrepanc\w+|"
    r"\b(?:a|my|the|our|your|made (?:a|an)|there (?:was|is|seems to be|appears to be|must be) (?:a|an|some)) "
    r"(?:earlier |previous |slight |small |little )?(?:mistake|miscalculation|oversight)\b|"
    r"\b(?:was|is|are|were) (?:actually )?(?:incorrect|wrong|impossible)\b|\bwait, )|"
    r"(?P<weak>\b(?:re-?evaluat|re-?examin|reconsider|re-?calculat|re-?assess|rectif)\w*|\bmis(?:underst|"
    r"interpret)\w+|"
    r"\bthere (?:was|is|seems to be|appears to be|must be) (?:an?|some) (?:error|issue|problem|"
    r"misunderstanding|"
    r"confusion)\b|\bapologi[sz]e for (?:the|any|my) (?:confusion|mistake|error|misunderst\w+|oversight|"
    r"earlier|"
    r"previous)\b|\bunclear\b|\bambigu\w+)",
    re.I,
)
_ANCHORS = WordSet(
    """
    sense match inconsist contradict discrep mistake miscalc oversight incorrect wrong impossib wait, evaluat
    examin reconsider calculat assess rectif misunder misinter seem there apolog unclear ambigu add
    """
)
"""One of these stands in every doubt: looked for first, as this is many times faster."""
_ROUND = 70
_NEGATED = re.compile(
    r"\b(?:no|not|without(?: any)?|any|never|nor|avoid|prevent)\s+(?:\w+\s+)?$|"
    r"\b(?:if|whether)\s+(?:\w+\s+){0,3}$",
    re.I,
)


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    weak: Finding | None = None
    anchors = _ANCHORS.found_in(lowered(transcript))
    if not anchors:
        return ()
    for one in utterances(transcript):
        text = heard(one)
        for match in _doubts(text, anchors):
            strong = match.group("strong") is not None
            if strong:
                return (_finding(one, text, match, confidence=0.7),)
            weak = weak or _finding(one, text, match, confidence=0.5)
    return (weak,) if weak else ()


def _doubts(text: str, anchors: Sequence[str]) -> Iterator[re.Match[str]]:
    lower = text.lower()
    for anchor in anchors:
        at = lower.find(anchor)
        while at >= 0:
            match = _DOUBT.search(text, max(0, at - _ROUND), at + _ROUND)
            if match is not None and not _NEGATED.search(text, max(0, match.start() - 40), match.start()):
                yield match
            at = lower.find(anchor, at + _ROUND)


def _finding(one: Saying, text: str, match: re.Match[str], *, confidence: float) -> Finding:
    said = " ".join(text[max(0, match.start() - 40) : match.end() + 40].split())
    return DETECTOR.finding(
        f"{one.agent or 'The agent'} doubted along the way: “…{said}…”.",
        excerpt(text, start=match.start(), end=match.end(), span_id=one.span_id, place=one.place),
        confidence=confidence,
    )


DETECTOR = Detector(
    name="doubt_voiced",
    title="Doubt along the way",
    description="An agent says that a result makes no sense or does not match, that something before was "
    "wrong or "
    "misunderstood, or works it out anew. Often it is put right; runs in which it happens fail more often. "
    "Silent on denials (no discrepancy) and conditions. English.",
    mode="mast-3.2",
    detect=detect,
)
