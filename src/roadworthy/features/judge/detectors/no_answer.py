"""The run ended and gave nobody an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.features.judge.detector import EXCERPT, Detector
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import told
from roadworthy.features.judge.transcript import ToolUse, Transcript, loads_or_none

_PLACEHOLDERS = frozenset(
    """none null {} [] "" '' ... … undefined n/a nan - . () <no_content> (no content) nil false""".split()  # noqa: SIM905
)
_NOTHING_SAID = re.compile(
    r"(?:none|null|nil|nan|undefined|empty|blank|void|false"
    r"|(?:no|empty|missing) (?:answer|response|output|content|result|text|reply|message))"
)
"""All that stands in an answer beside brackets, quotes and dots."""
_WORDS = re.compile(r"[\W_]+")
_HIDDEN_TOKENS = 8
"""An answer of more tokens that is not there was not recorded."""


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    run = transcript.run
    if run.status is RunStatus.RUNNING or not _is_agent(transcript):
        return ()
    answer = run.final_answer[:100].strip() if len(run.final_answer) < 100 else "long"
    if answer and not _is_placeholder(answer):
        return _ended_mute(transcript)
    if answer:
        shown = Evidence(span_id=transcript.answer_span, place="answer", excerpt=run.final_answer[:EXCERPT])
        return (DETECTOR.finding(f'All that the run answered is "{answer}".', shown),)
    if run.status is RunStatus.ERROR:
        error = " ".join(run.error[:160].split()) or run.error_type[:80]
        shown = Evidence(span_id=run.root_span_id, place="error", excerpt=run.error[:EXCERPT])
        said = f" ({error})" if error else ""
        return (DETECTOR.finding(f"The run ended with an error and gave no answer{said}.", shown),)
    return _ended_well(transcript)


def _is_placeholder(answer: str) -> bool:
    if answer.lower() in _PLACEHOLDERS or not answer.strip("\ufeff\u200b\u200e\u00ad \x00"):
        return True
    words = _WORDS.sub(" ", answer.lower()).strip()
    return len(words) < 20 and (not words or _NOTHING_SAID.fullmatch(words) is not None)


def _ended_mute(transcript: Transcript) -> Sequence[Finding]:
    """What stands as the answer was said earlier: the last call to the model said nothing."""
    calls = [call for call in transcript.model_calls if not call.merged_into]
    last = calls[-1] if calls else None
    if last is None or len(calls) < 2 or last.status is SpanStatus.ERROR:
        return ()
    if not last.input or last.input_format != ContentFormat.MESSAGES or not _says_nothing(last):
        return ()
    shown = Evidence(span_id=last.span_id, place="output", excerpt=last.output[:EXCERPT])
    return (DETECTOR.finding("The last model call brought no text, and no answer came after it.", shown),)


def _says_nothing(call: Span) -> bool:
    """One message was recorded, and there is no text and no call of a tool in it."""
    said = loads_or_none(call.output) if call.output_format == ContentFormat.MESSAGES else None
    if not isinstance(said, list) or len(said) != 1 or not isinstance(said[0], dict):
        return False
    parts = said[0].get("parts") or ()
    texts = [said[0].get("content"), *(part.get("text") for part in parts if isinstance(part, dict))]
    other = any(isinstance(part, dict) and part.get("type") != "text" for part in parts)
    return not other and not said[0].get("tool_calls") and not any(text and text.strip() for text in texts)


def _is_agent(transcript: Transcript) -> bool:
    return bool(transcript.model_calls) or any(span.kind is SpanKind.AGENT for span in transcript.spans[:50])


def _ended_well(transcript: Transcript) -> Sequence[Finding]:
    """No error, no answer: only where an answer would have been recorded."""
    calls = [call for call in transcript.model_calls if not call.merged_into]
    last = calls[-1] if calls else None
    if last is None or last.status is SpanStatus.ERROR or not (last.input or last.output):
        return ()
    if _says_nothing(last) and (_others_spoke(calls, last) or _only_thought(last)):
        shown = Evidence(span_id=last.span_id, place="output", excerpt=last.output[:EXCERPT])
        return (DETECTOR.finding("The last model call brought no text, and the run gave no answer.", shown),)
    turns = told(transcript)
    if turns and turns[-1].last:
        return ()
    if ended_on_tool(transcript):
        shown = Evidence(span_id=last.span_id, place="output", excerpt=last.output[:EXCERPT])
        return (DETECTOR.finding("The run ended after calling a tool and gave no answer.", shown),)
    if not last.output and (last.output_tokens or 0) <= _HIDDEN_TOKENS and _others_spoke(calls, last):
        shown = Evidence(span_id=last.span_id, place="output", excerpt="")
        return (DETECTOR.finding("The last model call brought no text, and the run gave no answer.", shown),)
    return ()


def _others_spoke(calls: Sequence[Span], last: Span) -> bool:
    """Whether outputs are recorded at all."""
    return any(call.output for call in calls if call is not last) or last.output_tokens == 0


def _only_thought(call: Span) -> bool:
    """Whether an empty text is all there was, also of the only call: its tokens all went into thinking.
    Tokens alone do not say so, since what came as a stream is often recorded as an empty text."""
    asked = loads_or_none(call.input) if call.input_format == ContentFormat.MESSAGES else None
    if not isinstance(asked, list) or not any(isinstance(one, dict) and one.get("content") for one in asked):
        return False  # words are not recorded
    return 0 < (call.output_tokens or 0) <= (call.reasoning_tokens or 0)


def ended_on_tool(transcript: Transcript) -> bool:
    """Whether the last thing that happened is a tool's result, and the agent's own span saw the end of it."""
    root = transcript.by_id.get(transcript.run.root_span_id)
    if root is None or root.kind not in (SpanKind.AGENT, SpanKind.WORKFLOW, SpanKind.CHAIN):
        return False
    last = transcript.steps[-1] if transcript.steps else None
    if not isinstance(last, ToolUse) or not last.result:
        return False
    # A model call after it may have said what was not recorded.
    return all(call.start_ns < last.end_ns for call in transcript.model_calls)


DETECTOR = Detector(
    name="no_answer",
    title="No answer",
    description="The run ended and its answer is empty or a placeholder (None, null, ...), with an error or "
    "without. Silent while it runs, for runs without a model, and where answers were not recorded.",
    mode="no-answer",
    detect=detect,
    version=3,
)
