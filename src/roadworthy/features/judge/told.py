"""What was told to whoever asked: the last thing said in each turn, and the final answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from roadworthy.features.judge.claims import Claim, claims
from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript
from roadworthy.kit.word_set import WordSet

LIMIT = 200_000
"""Characters of one text that detectors look at."""


@dataclass(kw_only=True)
class Told:
    """`tools` are those called since what was told before; `index` is the number of steps before it."""

    text: str
    """As stored, at most `LIMIT` characters."""
    span_id: str
    place: str
    index: int
    last: bool
    finish_reason: str = ""
    tools: list[ToolUse]

    @cached_property
    def asks(self) -> bool:
        """It ends with a question or a request: what comes next is up to whoever asked."""
        end = self.text[-500:]
        if "?" in end and _ELSE.may_stand_in(end):
            end = _ANYTHING_ELSE.sub(" ", end)
        if "?" in end[-200:] or "？" in end[-200:]:
            return True
        return _REQUESTS.may_stand_in(end) and _REQUEST.search(end) is not None

    @cached_property
    def claims(self) -> list[Claim]:
        """What it says was done."""
        return claims(self.text)


_ANYTHING_ELSE = re.compile(
    r"[^.!?\n]*\b(?:else|further|other|more|anything|help|assist)\b[^.!?\n]*[?]", re.I
)
_ELSE = WordSet("else further other more anything help assist")
_REQUESTS = WordSet(("please ", "let me know", "bitte ", "veuillez", "por favor"))
"""One of these is in whatever the patterns find, as of those below."""
_REQUEST = re.compile(
    r"\bplease (?:confirm|provide|share|choose|specify|tell|give|select|reply|send"
    r"|let me know (?:if you(?:'d| would)|which|how|whether|the|your))"
    r"|let me know (?:which|how you|whether|your|the)\b"
    r"|bitte (?:bestätigen|geben|nennen|teilen)|veuillez|por favor",
    re.IGNORECASE,
)


def told(transcript: Transcript) -> list[Told]:
    """In order. Only what the run itself said: what a conversation brought along is not among them."""
    known = transcript.worked_out.get("told")
    if known is None:
        known = transcript.worked_out["told"] = _told(transcript)
    return known


def _told(transcript: Transcript) -> list[Told]:
    found: list[Told] = []
    tools: list[ToolUse] = []
    said: Saying | None = None
    for step in transcript.steps:
        if isinstance(step, ToolUse):
            tools.append(step)
        elif step.role == "assistant":
            if step.place == "output":
                said = step
        elif step.role == "user" and said is not None:
            # A tool used after it belongs to what is told next.
            found.append(_turn(said, [tool for tool in tools if tool.index < said.index]))
            tools = [tool for tool in tools if tool.index > said.index]
            said = None
    answer = transcript.answer
    if answer:
        found.append(
            Told(
                text=answer[:LIMIT],
                span_id=transcript.answer_span,
                place="answer",
                index=len(transcript.steps),
                last=True,
                finish_reason=said.finish_reason if said is not None else "",
                tools=tools,
            )
        )
    elif said is not None and said.text:
        final = _turn(said, tools)
        final.last, final.index = True, len(transcript.steps)
        found.append(final)
    return found


def _turn(said: Saying, tools: list[ToolUse]) -> Told:
    return Told(
        text=said.text[:LIMIT],
        span_id=said.span_id,
        place=said.place,
        index=said.index,
        last=False,
        finish_reason=said.finish_reason,
        tools=tools,
    )


_ADMISSIONS = 40_000
_POLITE = re.compile(
    r"(?::[* ]{1,4}(?:no|none|not [\w -]{1,30})(?=\s*(?:\n|$|;|,))|no (?:problem|worries|doubt"
    r"|additional|extra|further|longer|later|matter|cost|charge|fees?)"
    r"|not only|(?:don't|do not) (?:hesitate|worry|forget)|if (?:you|it|this|that) (?:don't|do not|does not|"
    r"doesn't|isn't|is not|are not|aren't)|why (?:don't|not)|whether or not|sorry (?:for|about|to hear)"
    r"|zögern sie nicht|n'hésitez pas|no dude)",
    re.IGNORECASE,
)
_POLITE_WORDS = WordSet(
    (
        *(" no", "*no", "not only", "hesitate", "worry", "forget", "if you", "if it", "if this", "if that"),
        *("why don", "why not", "whether or not", "sorry "),
        *("no problem", "no worries", "no doubt", "no additional", "no extra", "no further", "no longer"),
        *("no later", "no matter", "no cost", "no charge", "no fee", "no dude"),
    )
)
_ADMITS = re.compile(
    r"\b(?:no|not|none|nothing|neither|nor|never|cannot|unable|without|lacks?|fail\w*|errors?|timed? ?-?out|"
    r"timing out|time-?outs?|unfortunately|regret\w*|unsuccessful\w*|invalid|incorrect|"
    r"denied|rejected|declined|unavailable|missing|unknown|empty|issues?|problems?|trouble|difficult\w*|impossible|escalat\w*|"
    r"(?:try|tried|trying) again|retry\w*|outage|down|instead|"
    r"nicht|kein\w*|leider|fehl\w*|fehler\w*|konnte\w*|unmöglich|problem\w*|"
    r"malheureusement|n'\w+ pas|pas|aucune?|erreurs?|échou\w*|échec|impossible|désolée?|"
    r"lamentablemente|desafortunadamente|ningun[oa]?|ningún|errores|falló|fallado|nunca|tampoco)\b"
    r"|n't\b",
    re.IGNORECASE,
)
_OTHER_SCRIPTS = re.compile(
    r"не удалось|ошибк|нет\b|не\s|к сожалению|失敗|できません|ません|エラー|没有|無|"
    r"无法|無法|错误|失败|未能|抱歉|"
    r"실패|오류|없습니다|못했|죄송|لم|لا |فشل|خطأ|עסק|שגיאה|לא "
)


def admits(text: str) -> bool:
    """Whether a text says of anything that it did not work, or was not there. Generous: it clears."""
    whole = text if len(text) <= _ADMISSIONS else f"{text[: _ADMISSIONS // 2]} {text[-_ADMISSIONS // 2 :]}"
    plain = whole.replace("’", "'")
    if _ADMITS.search(plain) is None:
        return not plain.isascii() and _OTHER_SCRIPTS.search(plain) is not None
    # Politeness is taken away only where there is something to take.
    if not _POLITE_WORDS.may_stand_in(plain):
        return True
    return _ADMITS.search(_POLITE.sub(" ", plain)) is not None
