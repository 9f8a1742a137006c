"""The answer states values that nothing the run saw explains."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.code_runs import code_runs
from roadworthy.features.judge.deeds import is_protocol
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.sources import sources
from roadworthy.features.judge.told import Told, told
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.values import Value, values

_SURE = {"id": 0.85, "email": 0.9, "url": 0.8, "phone": 0.8, "money": 0.85, "date": 0.75, "percent": 0.7}
_MOST = 6
_ROUNDED = 0.01


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    if not _has_sources(transcript):
        return _other_than_computed(transcript)
    found: list[tuple[Told, Value]] = []
    seen: set[str] = set()
    for turn in told(transcript):
        steps: list[float] = []
        for value in values(turn.text):
            if value.text in seen:
                continue
            seen.add(value.text)
            where = sources(transcript)
            if where.explains(value, before=where.until(turn.index), also=steps):
                steps.extend(value.numbers)
            else:
                found.append((turn, value))
                if len(found) >= _MOST:
                    return [_finding(found)]
    return [_finding(found)] if found else ()


def _other_than_computed(transcript: Transcript) -> Sequence[Finding]:
    """A team ran code, and the number its answer ends on is none that the code gave."""
    runs = [run for run in code_runs(transcript) if run.output and not run.failed]
    turns = told(transcript) if runs else ()
    if not turns or not turns[-1].last:
        return ()
    turn, last = turns[-1], runs[-1]
    computed = [number for run in runs for value in values(run.output) for number in value.numbers]
    stated = [value for value in values(turn.text) if value.numbers]
    if not computed or not stated or not any(value.numbers for value in values(last.output)):
        return ()
    end = stated[-1]
    if any(abs(one - other) <= _ROUNDED * max(1.0, abs(other)) for one in end.numbers for other in computed):
        return ()
    short = " ".join(last.output[:60].split())
    return (
        DETECTOR.finding(
            f"The answer ends on {end.text.strip()[:40]}; the code that was run gave {short}.",
            excerpt(
                turn.text,
                start=end.start,
                end=end.start + len(end.text),
                span_id=turn.span_id,
                place=turn.place,
            ),
            confidence=0.6,
        ),
    )


def _has_sources(transcript: Transcript) -> bool:
    """Whether answers ought to rest on what was seen, and what was seen is known.

    Who has no tools answers from what the model knows; results that were not recorded explain anything.
    """
    tools = [tool for tool in transcript.tools if not is_protocol(tool.name)]
    if not tools:
        return bool(transcript.offered and transcript.asked)
    return bool(transcript.asked) and any(tool.result or tool.error for tool in tools)


def _finding(found: Sequence[tuple[Told, Value]]) -> Finding:
    shown = ", ".join(dict.fromkeys(value.text.strip()[:60] for _, value in found))
    evidence = [
        excerpt(
            turn.text,
            start=value.start,
            end=value.start + len(value.text),
            span_id=turn.span_id,
            place=turn.place,
        )
        for turn, value in found
    ]
    return DETECTOR.finding(
        f"The answer gives {shown}, which nothing that the run was told or found explains.",
        *evidence,
        confidence=max(_SURE.get(value.kind, 0.6) for _, value in found),
    )


DETECTOR = Detector(
    name="ungrounded_value",
    title="Ungrounded value",
    description="Numbers, money, dates, times, ids, e-mail addresses and URLs in what was told that occur "
    "nowhere in input, instructions, tool arguments or results: after normalising formats and units, "
    "and not "
    "as rounding, sum, difference, product, share or distance of days. Silent on small numbers, years, "
    "numbering and code, and in runs without tools or with results that were not recorded; where a "
    "team ran code, the number that "
    "the answer ends on is compared with what the code gave.",
    mode="ungrounded",
    detect=detect,
)
