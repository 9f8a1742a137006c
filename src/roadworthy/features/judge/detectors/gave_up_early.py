"""The run ended before the task did: a limit of steps, a surrender, or a hand-over to a person, untried."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import RunStatus
from roadworthy.features.judge.deeds import is_protocol, words
from roadworthy.features.judge.detector import EXCERPT, Detector, excerpt
from roadworthy.features.judge.detectors.no_answer import ended_on_tool
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import told
from roadworthy.features.judge.transcript import Transcript
from roadworthy.kit.word_set import WordSet

_LIMIT = re.compile(
    r"recursion ?(?:limit|error|depth)|graphrecursion|max(?:imum)?[ _-]?(?:number of )?(?:turns?"
    r"|iterations?|steps?|rounds?|loops?"
    r"|consecutive|tool[ _-]?calls?|retries)\w*|maxturns|(?:iteration|step|turn|usage|request|time) limit"
    r"|usagelimitexceeded|stopped due to|too many (?:steps|iterations|turns|tool calls)"
    r"|budget (?:exceeded|exhausted)",
    re.IGNORECASE,
)
_STOPPED = re.compile(
    r"agent stopped|stopped due to|reached (?:the |my |its )?(?:max\w*|limit|iteration|step|turn)|"
    r"(?:iteration|step|turn|recursion) limit (?:was |has been )?(?:reached|exceeded)"
    r"|sorry, need more steps|"
    r"(?:ran|run) out of (?:\w+ )?(?:steps|time|turns|iterations|budget)|"
    r"recursion limit|(?:after|within|reached|exceeded|hit|past) (?:the |its |my )?(?:max\w*|limit of) "
    r"(?:\w+ ){0,3}(?:steps|turns|iterations|rounds|tool calls)|"
    r"max\w* (?:\w+ ){0,2}(?:steps|turns|iterations|rounds|tool calls)(?: \(\d+\))? "
    r"(?:was |were |has been |have been )?(?:reached|exceeded|hit|used)|"
    r"(?:step|turn|iteration|token|tool call)s? (?:budget|limit) (?:was |has been )?(?:reached"
    r"|exceeded|hit|used|spent)|"
    r"(?:stop(?:ped|ping)|halted|terminated|aborted)\b[^.\n]{0,40}\b(?:after \d+|here|now|limit|budget)\b",
    re.IGNORECASE,
)
_SURRENDER = re.compile(
    r"(?:\b(?:I|we) (?:was|were|am|'m|have been|has been) (?:unable|not able)|\b(?:I|we) (?:wasn't"
    r"|weren't) able"
    r"|^\W*unable) to (?:complete|finish"
    r"|solve|resolve|finali[sz]e|accomplish)"
    r"|\b(?:I|we) (?:could not|couldn't|cannot|can't|did not|didn't) (?:complete|finish|solve"
    r"|accomplish) (?:the|this|your|that)"
    r"|\bno final (?:answer|result) (?:was|could be|has been)\b"
    r"|\b(?:I|we)(?:'m| am| are|'re)? (?:giving|gave|give) up\b|\btask (?:could not be"
    r"|was not) (?:completed|finished)"
    r"|\bich konnte (?:die|ihre|diese) (?:aufgabe|anfrage) nicht|\bje n'ai pas (?:pu"
    r"|réussi à) (?:terminer|achever)"
    r"|\bno (?:pude|he podido) (?:completar|terminar)",
    re.IGNORECASE,
)
_TO_PERSON = frozenset({"human", "humans", "person", "operator", "representative", "staff", "supervisor"})
_HANDS = frozenset(
    {"transfer", "escalate", "handoff", "hand", "forward", "request", "contact", "ask", "route"}
)
_HANDED = re.compile(
    r"\b(?:transfer(?:red|ring)?|connect(?:ed|ing)?|escalat(?:ed|ing)|hand(?:ed|ing)) (?:you |this "
    r"|it |the \w+ |your \w+ )?"
    r"(?:over )?(?:to|with) (?:a |an |our |one of our )?(?:human|live|real|person|agent"
    r"|representative|specialist|support|colleague)",
    re.IGNORECASE,
)
_WANTS_PERSON = re.compile(
    r"\b(?:speak|talk|connect\w*|transfer\w*|chat|put me)\b[^.?!\n]{0,40}\b(?:human|person|someone"
    r"|somebody|agent|"
    r"representative|operator|supervisor|manager)\b|\bmensch\w*\b[^.?!\n]{0,30}\bsprechen|\breal person\b",
    re.IGNORECASE,
)
_END = 2_000
_HEAD = 20_000


_SIGNS = WordSet(
    (
        "unable",
        "not able",
        "could not",
        "couldn't",
        "cannot",
        "can't",
        "did not",
        "didn't",
        "was not",
        "giving up",
        "gave up",
        "give up",
        "stopped",
        "reached",
        "limit",
        "max",
        "budget",
        "stop",
        "halt",
        "terminat",
        "abort",
        "wasn't",
        "no final",
        "more steps",
        "ran out",
        "konnte",
        "n'ai pas",
        "no pude",
        "no he podido",
    )
)
"""One of these stands in every answer that is looked at."""
_OF_STOPPED = WordSet(
    ("stopp", "reached", "limit", "more steps", "out of", "max", "budget", "halted", "terminated", "aborted")
)
_OF_SURRENDER = WordSet(
    (
        *("unable", "able to", "could not", "couldn't", "cannot", "can't", "did not", "didn't", "no final"),
        *("giving up", "gave up", "give up", "was not", "konnte", "n'ai pas", "no pude", "no he podido"),
    )
)
"""One of these is in whatever the patterns find."""


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    run = transcript.run
    if run.status is RunStatus.RUNNING:
        return ()
    error = f"{run.error_type[:200]} {run.error[:1_000]}"
    limit = _LIMIT.search(error) if run.error or run.error_type else None
    if limit is not None:
        shown = Evidence(span_id=run.root_span_id, place="error", excerpt=run.error[:EXCERPT])
        return (DETECTOR.finding(f"The run was stopped by a limit ({limit.group()}).", shown),)
    return _of_answer(transcript) or _untried(transcript) or _on_a_tool(transcript)


def _of_answer(transcript: Transcript) -> Sequence[Finding]:
    turns = told(transcript)
    if not turns or not turns[-1].last:
        return ()
    turn = turns[-1]
    start = max(0, len(turn.text) - _END)
    text = turn.text[start:].replace("’", "'")
    if not _SIGNS.any_in(text):
        return ()
    said = _STOPPED.search(text) if len(text) < 400 and _OF_STOPPED.may_stand_in(text) else None
    reason, sure = "The answer says that the agent was stopped", 0.9
    if said is None:
        said = _SURRENDER.search(text) if _OF_SURRENDER.may_stand_in(text) else None
        reason, sure = "The answer says that the task was not completed", 0.85
    if said is None:
        return ()
    shown = excerpt(
        turn.text,
        start=start + said.start(),
        end=start + said.end(),
        span_id=turn.span_id,
        place=turn.place,
    )
    return (DETECTOR.finding(f'{reason} ("{" ".join(said.group().split())}").', shown, confidence=sure),)


def _untried(transcript: Transcript) -> Sequence[Finding]:
    """Handed to a person although there were tools, none of which was tried, and nobody asked for a "
    "person."""
    if not any(not is_for_people(name) for name in transcript.offered):
        return ()
    tools = [tool for tool in transcript.tools if not is_protocol(tool.name)]
    handed = next((tool for tool in tools if is_for_people(tool.name)), None)
    if any(not is_for_people(tool.name) for tool in tools) or _WANTS_PERSON.search(transcript.asked[:_HEAD]):
        return ()
    if handed is not None:
        shown = excerpt(handed.arguments, start=0, end=160, span_id=handed.span_id, place="input")
        return (_handed(shown, tool=handed.name),)
    for handoff in transcript.run.handoffs:
        if not _TO_PERSON.isdisjoint(words(handoff.to_agent)):
            return (_handed(Evidence(span_id=handoff.span_id, excerpt=handoff.reason[:EXCERPT])),)
    said = _HANDED.search(transcript.answer[:_END])
    if said is None:
        return ()
    return (
        _handed(
            excerpt(
                transcript.answer,
                start=said.start(),
                end=said.end(),
                span_id=transcript.answer_span,
                place="answer",
            )
        ),
    )


def _handed(shown: Evidence, *, tool: str = "") -> Finding:
    return DETECTOR.finding(
        "The task was handed to a person before any tool was tried.", shown, confidence=0.7, tool=tool
    )


def is_for_people(name: str) -> bool:
    """Whether a tool of that name hands the task to a person."""
    parts = set(words(name))
    return not parts.isdisjoint(_TO_PERSON) and not parts.isdisjoint(_HANDS)


def _on_a_tool(transcript: Transcript) -> Sequence[Finding]:
    if transcript.answer or not ended_on_tool(transcript):
        return ()
    last = transcript.tools[-1]
    shown = excerpt(
        last.result, start=0, end=min(160, len(last.result)), span_id=last.span_id, place="output"
    )
    return (
        DETECTOR.finding(
            f"The run ended on what {last.name} brought; nothing was made of it.",
            shown,
            confidence=0.8,
            tool=last.name,
        ),
    )


DETECTOR = Detector(
    name="gave_up_early",
    title="Gave up early",
    description="A limit of steps, turns or recursion ended the run; the answer says that the task was not "
    "completed or that the agent was stopped; the task went to a person before any tool was tried; "
    "or the run "
    "ended on a tool's result. Silent on single deeds that failed and are admitted.",
    mode="mast-3.1",
    detect=detect,
    version=2,
)
