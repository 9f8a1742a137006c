"""The last word is a promise to act, and nothing was done after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Transcript

_END = 600
_PROMISE = re.compile(
    r"\b(?:i(?:'ll|’ll| will| am going to|'m going to|’m going to)(?: now| go ahead and| proceed to|"
    r" proceed with"
    r"| start| begin| first| next)\b|let me (?:now |first |just |quickly )?(?:check|look|search|find|"
    r"fetch|process|"
    r"update|cancel|book|verify|calculate|run|retrieve|pull|get)\b|i(?:'m| am|’m) (?:now )?(?:checking|"
    r"processing|"
    r"looking|searching|updating|cancelling|canceling|booking|working|retrieving)\b|"
    r"(?:please )?(?:hold on|bear with"
    r" me|one moment|just a moment|give me a (?:moment|minute|second)|wait a moment|stand by)\b|"
    r"ich werde (?:jetzt|"
    r"nun)\b|einen moment\b|je vais (?:maintenant|à présent)\b|un instant\b|voy a \w+ar\b|un momento\b)",
    re.I,
)
_CLOSES = re.compile(
    r"\b(?:once|if|when|after|should you|as soon as|unless|until|before)\b|let me know|\?|thank|welcome|"
    r"feel free|"
    r"anything else|have a (?:great|nice|good)",
    re.I,
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?:…]*")


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    answer = transcript.answer
    if not answer or not transcript.offered:
        return ()
    tail = answer[-_END:]
    if not _PROMISE.search(tail):
        return ()
    last = max((tool.index for tool in transcript.tools), default=-1)
    said = [one for one in transcript.sayings if one.role == "assistant" and one.text == answer]
    if said and said[-1].index < last:
        return ()
    sentences = [one for one in _SENTENCE.finditer(tail) if one.group().strip()]
    for place, sentence in enumerate(sentences[-3:]):
        promise = _PROMISE.search(sentence.group())
        rest = "".join(one.group() for one in sentences[-3:][place:])
        if promise is not None and not _CLOSES.search(rest):
            return (
                _finding(
                    transcript,
                    answer,
                    start=len(answer) - len(tail) + promise.start() + sentence.start(),
                    end=len(answer) - len(tail) + sentence.end(),
                ),
            )
    return ()


def _finding(transcript: Transcript, answer: str, *, start: int, end: int) -> Finding:
    said = " ".join(answer[start : min(end, start + 120)].split())
    return DETECTOR.finding(
        f"The run ended with a promise to act (“{said}”), and nothing was done after it.",
        excerpt(answer, start=start, end=end, span_id=transcript.answer_span, place="answer"),
        confidence=0.85,
    )


DETECTOR = Detector(
    name="unfinished_conversation",
    title="Ended with a promise",
    description="The final answer ends by saying what the agent will now do, and no tool was called "
    "after it. "
    "Silent where the promise has a condition or a question goes with it, and where the agent has no tools.",
    mode="mast-3.1",
    detect=detect,
)
