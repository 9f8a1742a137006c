"""The answer is cut off."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.domain.span import SpanFlag
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import LIMIT, Told, told
from roadworthy.features.judge.transcript import Transcript, loads_or_none

_CUT = frozenset(
    "length max_tokens max_output_tokens model_length token_limit max_length incomplete maxtokens".split()  # noqa: SIM905
)
_END = 200


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    turns = told(transcript)
    if not turns or not turns[-1].last:
        return ()
    turn = turns[-1]
    reason, sure = _reason(transcript, turn)
    if not reason:
        return ()
    end = len(turn.text)
    shown = excerpt(turn.text, start=max(0, end - _END), end=end, span_id=turn.span_id, place=turn.place)
    return (DETECTOR.finding(reason, shown, confidence=sure),)


def _reason(transcript: Transcript, turn: Told) -> tuple[str, float]:
    finish = turn.finish_reason.lower().rpartition(".")[2]
    if finish in _CUT:
        return f"The model stopped in the middle of the answer ({turn.finish_reason}).", 1.0
    text = turn.text.rstrip()
    if len(turn.text) >= LIMIT or len(turn.text) % 1000 == 0:
        # Round lengths are cut by who recorded them.
        return "", 0.0
    if _fences(text) % 2:
        reason, sure = "The answer ends within a block of code.", 0.7
    elif _is_cut_json(text):
        reason, sure = "The answer is JSON that ends too early.", 0.8
    else:
        return "", 0.0
    span = transcript.by_id.get(turn.span_id)
    # It may have been cut on the way to us, not by the model.
    cut = span is not None and SpanFlag.TRUNCATED in span.flags
    return ("", 0.0) if cut else (reason, sure)


def _fences(text: str) -> int:
    return text.count("\n```") + text.startswith("```") if "```" in text else 0


def _is_cut_json(text: str) -> bool:
    if text[:1] not in ("{", "[") or len(text) < 3 or text[-1] in "}]":
        return False
    begins = text[1:40].lstrip()
    looks = begins[:1] == '"' if text[0] == "{" else begins[:1] in ("{", '"')
    return looks and loads_or_none(text) is None and ('":' in text or '": ' in text or '",' in text)


DETECTOR = Detector(
    name="truncated",
    title="Answer cut off",
    description="The model that answered stopped at its limit of tokens, or the answer ends within a block "
    "of code or within JSON. Silent where the text was cut when it was recorded.",
    mode="no-answer",
    detect=detect,
)
