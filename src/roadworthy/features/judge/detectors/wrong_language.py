"""The answer is in another language than the question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.languages import differ, language, prose, script
from roadworthy.features.judge.told import told
from roadworthy.features.judge.transcript import Transcript

_ASKED_WORDS = 7
_HEAD = 20_000
_OTHER_WANTED = re.compile(
    r"translat|übersetz|tradui|traduc|traduz|vertaal|tłumacz|перевед|перевод|翻译|翻譯|翻訳|번역|ترجم|"
    r"\blanguages?\b|sprache|langue|idioma|lingua|\blocale\b|язык|语言|言語|"
    r"\b(?:english|german|french|spanish|portuguese|italian|dutch|polish|swedish|danish|turkish|czech"
    r"|romanian|"
    r"indonesian|vietnamese|russian|ukrainian|chinese|mandarin|japanese|korean|arabic|hebrew|hindi"
    r"|greek|thai|"
    r"deutsch\w*|englisch\w*|français\w*|anglais\w*|allemand\w*|español|inglés|alemán|inglês|inglese|"
    r"английск\w*|по-русски|英語|英语|中文|日本語)\b|英文|영어|한국어",
    re.IGNORECASE,
)


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    turns = told(transcript)
    last = turns[-1] if turns else None
    if last is None or not last.last or len(last.text) < 10:
        return ()
    asked = prose(_question(transcript))
    answer = prose(last.text)
    written, wanted = script(answer), script(asked)
    if not written or not wanted:
        return ()
    if written != wanted:
        reason, sure = (
            f"The question is written in {wanted.title()} letters, the answer in {written.title()}.",
            0.9,
        )
    elif written == "latin":
        spoken = language(answer)
        sought = language(asked, least_words=_ASKED_WORDS) if spoken else ""
        if not differ(spoken, sought):
            return ()
        reason, sure = f"The question is in {sought}, the answer in {spoken}.", 0.85
    else:
        return ()
    if _wanted(transcript):
        return ()
    shown = excerpt(last.text, start=0, end=min(len(last.text), 200), span_id=last.span_id, place=last.place)
    return (DETECTOR.finding(reason, shown, confidence=sure),)


def _question(transcript: Transcript) -> str:
    """What the user said last that is long enough to be in a language."""
    said = [one.text for one in transcript.sayings if one.role == "user"] or [transcript.run.input]
    return max(reversed(said[-3:]), key=lambda text: min(len(text), 200))


def _wanted(transcript: Transcript) -> bool:
    """Whether anybody spoke of languages: then another may well be the right one."""
    return any(
        _OTHER_WANTED.search(text[:_HEAD]) is not None
        for text in (transcript.asked, transcript.instructions, transcript.run.input)
    )


DETECTOR = Detector(
    name="wrong_language",
    title="Wrong language",
    description="The final answer is written in another script than the question, or its commonest words are "
    "those of another of 15 languages. Silent on short texts, code and quotations, on languages too "
    "alike to "
    "tell apart, and where the user or the instructions speak of languages or translating.",
    mode="wrong-language",
    detect=detect,
    version=2,
)
