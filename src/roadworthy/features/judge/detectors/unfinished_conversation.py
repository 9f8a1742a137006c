"""The last word is a promise to act, and nothing was done after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Transcript

_END = 600
_DOES = (
    r"(?:check|look|search|find|fetch|process|update|cancel|book|verify|calculate|compute|run|retrieve|pull|get|"
    r"review|finali[sz]e|proceed|correct|issue|create|send|submit|add|change|modify|exchange|return|refund|"
    r"transfer|connect|gather|analy[sz]e|start|begin|do (?:that|this|so)|make (?:the|these|this))\b"
)
_PROMISE = re.compile(
    r"\b(?:i(?:'ll|’ll| will| am going to|'m going to|’m going to)(?: now| go ahead and| proceed to|"
    rf" proceed with| start| begin| first| next| (?:also |just |quickly )?{_DOES})\b|"
    rf"let (?:me|us) (?:now |first |just |quickly |also )?{_DOES}|let['’]s (?:now |first |just )?{_DOES}|"
    r"i(?:'m| am|’m) (?:now )?(?:checking|processing|looking|searching|updating|cancelling|canceling|booking|"
    r"working|retrieving)\b|"
    r"(?:please )?(?:hold on|bear with"
    r" me|one moment|just a moment|give me a (?:moment|minute|second)|wait a moment|stand by)\b|"
    r"ich werde (?:jetzt|nun)\b|einen moment\b|je vais (?:maintenant|à présent)\b|un instant\b|"
    r"voy a \w+ar\b|un momento\b)",
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
    if _handed_on(transcript):
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


def _handed_on(transcript: Transcript) -> bool:
    """Whether another, or a person, was given the task since the user last spoke: the promise is theirs."""
    users = [transcript.by_id.get(one.span_id) for one in transcript.sayings if one.role == "user"]
    spoke_ns = max((span.start_ns for span in users if span is not None), default=0)
    return any(one.at_ns > spoke_ns for one in transcript.run.handoffs)


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
    "Silent where the promise has a condition or a question goes with it, where "
    "the agent has no tools, and where it had just handed the task on.",
    mode="mast-3.1",
    detect=detect,
    version=2,
)
