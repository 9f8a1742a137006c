"""The answer says that something was done; the tool for it said no, failed, or was never called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.claims import Claim
from roadworthy.features.judge.deeds import does_anything, families, is_protocol, objects
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import Told, admits, told
from roadworthy.features.judge.transcript import ToolUse, Transcript

_ID = re.compile(r"#?\b(?=[\w-]*\d)[\w-]{3,}\b")
_LETTERS = re.compile(r"[a-z]{3,}")
_CHARGED = re.compile(r"\bcharges?\b|\bfees?\b|\bdifference\b", re.IGNORECASE)
_MOST = 5
_RESULT = 4_000


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    tools = [tool for tool in transcript.tools if not is_protocol(tool.name)]
    if not tools and not transcript.offered:
        return ()
    found: list[Finding] = []
    doubtful = _doubtful(transcript, tools)
    for turn in told(transcript) if doubtful else ():
        for claim in turn.claims:
            if claim.families & doubtful:
                found.extend(_judged(transcript, tools, turn, claim))
            if len(found) >= _MOST:
                return found
    return found


def _doubtful(transcript: Transcript, tools: Sequence[ToolUse]) -> set[str]:
    """Families of deeds that a tool failed to do, or could have done and was not asked to."""
    doubtful: set[str] = set()
    for tool in tools:
        if tool.failed or tool.negative:
            doubtful |= families(tool.name)
    used = {tool.name for tool in tools}
    for name in transcript.offered:
        if name not in used:
            doubtful |= families(name)
    return doubtful


def _judged(transcript: Transcript, tools: Sequence[ToolUse], turn: Told, claim: Claim) -> Iterator[Finding]:
    doers = [tool for tool in tools if tool.index < turn.index and claim.families & families(tool.name)]
    if doers:
        refused = _refused_now(doers, turn) or _refused(doers, claim)
        if refused is not None:
            yield _against(turn, claim, refused)
    elif not claim.weak and (missing := _never_called(transcript, tools, turn, claim)) is not None:
        yield DETECTOR.finding(
            f'The answer says "{_words(turn, claim)}", but {missing}, which does that, was never called.',
            excerpt(turn.text, start=claim.start, end=claim.end, span_id=turn.span_id, place=turn.place),
            confidence=0.85,
            tool=missing,
        )


def _refused_now(doers: Sequence[ToolUse], turn: Told) -> ToolUse | None:
    """The last use, where all since the user was last told anything did not work, and nothing is admitted."""
    own = [tool for tool in doers if any(tool is other for other in turn.tools)]
    if not own or any(not tool.failed and not tool.negative for tool in own) or admits(turn.text):
        return None
    return own[-1]


def _refused(doers: Sequence[ToolUse], claim: Claim) -> ToolUse | None:
    """The last use that did not work where none worked, or none that was about what the claim is about."""
    doers = doers[-200:]
    worked = [tool for tool in doers if not tool.failed and not tool.negative]
    failed = [tool for tool in doers if tool.failed or tool.negative]
    if not failed:
        return None
    if not worked:
        return failed[-1]
    for name in _ID.findall(claim.sentence):
        if any(name in tool.arguments for tool in worked):
            return None
    for name in _ID.findall(claim.sentence):
        about = [tool for tool in failed if name in tool.arguments]
        if about:
            return about[-1]
    return None


def _against(turn: Told, claim: Claim, tool: ToolUse) -> Finding:
    said = tool.error or tool.result
    how = "failed" if tool.failed else "said no"
    evidence = [excerpt(turn.text, start=claim.start, end=claim.end, span_id=turn.span_id, place=turn.place)]
    place = "error" if tool.error else "output"
    if said:
        evidence.append(excerpt(said, start=0, end=min(len(said), 160), span_id=tool.span_id, place=place))
    return DETECTOR.finding(
        f'The answer says "{_words(turn, claim)}", but {tool.name} {how}{_why(said)}.',
        *evidence,
        confidence=0.95,
        tool=tool.name,
    )


def _never_called(transcript: Transcript, tools: Sequence[ToolUse], turn: Told, claim: Claim) -> str | None:
    """A tool that does what is claimed, which could have been called and was not.

    None where something else may have done it (whom a ticket is escalated to is no tool), or where a result
    or whoever asked speaks of it as done.
    """
    if "escalate" in claim.families or transcript.run.handoffs or any(does_anything(t.name) for t in tools):
        return None
    if claim.word == "applied" and _CHARGED.search(claim.sentence):
        # To a card, by whatever was booked: no deed of its own.
        return None
    words = set(_LETTERS.findall(claim.sentence.lower()))
    stems = {word.removesuffix("s") for word in words}
    for name in transcript.offered:
        if claim.families & families(name) and (not (own := objects(name)) or own & stems):
            return None if _told_before(transcript, turn, claim) else name
    return None


def _told_before(transcript: Transcript, turn: Told, claim: Claim) -> bool:
    stem = claim.stem
    if any(stem in tool.result[:_RESULT].lower() for tool in transcript.tools if tool.index < turn.index):
        return True
    return not claim.own and any(
        claim.word in said.text[:_RESULT].lower() for said in transcript.sayings if said.role == "user"
    )


def _words(turn: Told, claim: Claim) -> str:
    return " ".join(turn.text[claim.start : claim.end + 40].split("\n")[0].split()).strip(" .")


def _why(said: str) -> str:
    short = " ".join(said[:120].split())
    return f" ({short})" if short else " without saying why"


DETECTOR = Detector(
    name="false_success_claim",
    title="False success claim",
    description="The answer claims a deed (refunded, cancelled, sent ...) and the tool that does such deeds "
    "failed, said no, or was offered and never called. Silent on denials, conditions, plans and questions, "
    "and where a later call worked or another agent or a general tool (code, HTTP, SQL) may have done it.",
    mode="mast-2.6",
    detect=detect,
    version=2,
)
