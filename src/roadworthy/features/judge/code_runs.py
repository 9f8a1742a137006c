"""Code that a team of agents ran, where the only trace of it is the message that tells its output.

Source: autogen's code executors answer "exitcode: 0 (execution succeeded)\\nCode output: ...".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from roadworthy.features.judge.transcript import Saying, Transcript

_RAN = re.compile(
    r"\s*exitcode: (-?\d+) \(execution (?:succeeded|failed)[^)\n]*\)\s*(?:Code output:)?", re.IGNORECASE
)
_MOST = 200
_LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRun:
    said: Saying
    failed: bool
    output: str
    """What it printed, without spaces round it; at most 20,000 characters."""


def code_runs(transcript: Transcript) -> list[CodeRun]:
    """In order; () for the many runs in which no code was run in this way."""
    known: list[CodeRun] | None = transcript.worked_out.get("code_runs")
    if known is None:
        known = transcript.worked_out["code_runs"] = _code_runs(transcript)
    return known


def _code_runs(transcript: Transcript) -> list[CodeRun]:
    found: list[CodeRun] = []
    for said in transcript.sayings:
        if "exitcode" not in said.text[:20]:
            continue
        match = _RAN.match(said.text)
        if match is not None and len(found) < _MOST:
            output = said.text[match.end() : match.end() + _LONGEST].strip()
            found.append(CodeRun(said=said, failed=match.group(1) != "0", output=output))
    return found
