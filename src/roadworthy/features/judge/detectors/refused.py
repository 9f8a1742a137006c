"""The answer declines the task."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import Told, told
from roadworthy.features.judge.transcript import Transcript
from roadworthy.kit.word_set import WordSet

_HEAD = 400
"""A refusal comes first."""
_FILTERS = frozenset(
    """
    content_filter contentfilter safety refusal recitation prohibited_content blocklist spii
    guardrail_intervened content_filtered sensitive
    """.split()  # noqa: SIM905
)
_CANNOT = (
    r"(?:can't|cannot|can not|am unable to|am not able to|won't|will not|am not going to|'m unable to"
    r"|'m not able to|must decline to)"
)
_REFUSES = re.compile(
    rf"\b(?:I|we)\s?{_CANNOT}\s+(?:\w+\s+){{0,2}}?(?:(?:help|assist)(?:\s+you)?\s+(?:with"
    rf"|in)\s+(?:that|this|your|such|"
    r"creating|writing|making|any|illegal|harmful)|(?:help|assist)(?:\s+you)?\s*[.!,]|comply"
    r"|fulfil\w*\s+(?:that|this|your)|"
    r"engage in|participate in|do that\b|provide (?:that|this|such|instructions|guidance|assistance"
    r"|help|information on how)|"
    r"discuss (?:that|this)|answer (?:that|this)|generate (?:that|this|such|content)|create (?:that"
    r"|this|such|content)|"
    r"support (?:that|this))"
    r"|\b(?:I|we)(?: must| have to| need to| respectfully| would rather|'d rather| prefer to) "
    r"(?:decline|refuse|not (?:help|answer|do|assist|discuss|say))\b"
    r"|\b(?:I|we)(?:'m| am|'re| are) (?:going to have to|obliged to) (?:say no|decline|refuse)\b"
    r"|\b(?:it|this|that) (?:is not|isn't) something (?:that )?I (?:can|am able to|do|will)\b"
    r"|\b(?:it )?(?:would|wouldn't) (?:not )?be (?:in)?appropriate for me to\b"
    r"|\bmy (?:guidelines|instructions|policies|rules) (?:do not|don't|prevent|forbid|prohibit)\b"
    rf"|\b(?:I|we)\s?{_CANNOT}\s+(?:continue|go on|carry on|be of help|take part|be (?:able )?(?:to )?"
    r"(?:help|assist|take part|do)|do (?:this|so|such))\b"
    r"|\bas an ai(?: language model| assistant| model)?,? I "
    r"(?:can't|cannot|am unable|do not|don't|am not able)"
    r"|\b(?:against|violates?|not permitted by|not allowed by) (?:my|our|the|openai's"
    r"|anthropic's) (?:\w+ )?"
    r"(?:guidelines|content polic\w+|usage polic\w+|programming|safety)"
    r"|\bdabei kann ich (?:ihnen |dir )?(?:leider )?nicht helfen"
    r"|\bdas kann ich (?:leider )?nicht (?:tun|machen)"
    r"|\bje ne peux pas (?:vous |t')?(?:aider|répondre à cette)|\bje ne suis pas en mesure de"
    r"|\bno puedo (?:ayudar\w*|asistir\w*|cumplir)|\bno me es posible (?:ayudar|cumplir)"
    r"|申し訳ありませんが、.{0,30}(?:お手伝い|お答え)できません|抱歉，我(?:不能|无法)",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"\b(?:but|however|instead)\b[^.]{0,60}\b(?:I can|I could|you can|here)\b|\bhere (?:is|are)\b"
    r"|\btransfer",
    re.IGNORECASE,
)


_SIGNS = WordSet(
    (
        "rather",
        "say no",
        "something",
        "appropriate",
        "my ",
        "can't",
        "cannot",
        "can not",
        "unable",
        "won't",
        "will not",
        "not able",
        "not going to",
        "decline",
        "refuse",
        "as an ai",
        "guidelines",
        "polic",
        "programming",
        "safety",
        "nicht",
        "ne peux",
        "ne suis",
        "no puedo",
        "posible",
        "申し訳",
        "抱歉",
    )
)
"""One of these stands in every answer that is looked at."""


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    turns = told(transcript)
    last = turns[-1] if turns else None
    finish = _filtered(transcript, last)
    if finish:
        shown = excerpt(
            last.text if last else "", start=0, end=0, span_id=transcript.answer_span, place="answer"
        )
        return (DETECTOR.finding(f"The provider's filter ended the answer ({finish}).", shown),)
    if last is None or not last.last or len(last.text) > 6 * _HEAD:
        return ()
    head = last.text[:_HEAD].replace("’", "'")
    said = _REFUSES.search(head) if _SIGNS.any_in(head) else None
    if said is None:
        return ()
    shown = excerpt(last.text, start=said.start(), end=said.end(), span_id=last.span_id, place=last.place)
    sure = 0.6 if _OFFERS.search(last.text[said.end() : 2000]) else 0.9
    return (
        DETECTOR.finding(
            f'The answer declines the task ("{" ".join(said.group().split())}").', shown, confidence=sure
        ),
    )


def _filtered(transcript: Transcript, last: Told | None) -> str:
    calls = transcript.model_calls
    for finish in (last.finish_reason if last is not None else "", calls[-1].finish_reason if calls else ""):
        if finish and finish.lower().rpartition(".")[2] in _FILTERS:
            return finish
    return ""


DETECTOR = Detector(
    name="refused",
    title="Refused",
    description='The final answer begins with a refusal of the task as such ("I can\'t help with that", '
    '"As an AI ..."), or the provider\'s filter ended it. Silent on business rules ("I cannot cancel this '
    'ticket") and on refusals along the way.',
    mode="refused",
    detect=detect,
    version=2,
)
