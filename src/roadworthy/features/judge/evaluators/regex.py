"""The text matches a pattern.

RE2 through Arrow: its time is linear in the text whatever the pattern, so no pattern can hold up the server.
The price is that there are no back-references and no look-around. Arrow tells the place of a match in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict, passed, unknown
from roadworthy.features.judge.evaluators.subject import Subject
from roadworthy.features.judge.transcript import Transcript


class RegexConfig(Subject):
    pattern: str = Field(min_length=1, max_length=5_000, description="RE2 syntax.")
    match: Literal["search", "full"] = Field(default="search", description="Anywhere, or the whole text.")
    ignore_case: bool = False
    lines: bool = Field(default=False, description="^ and $ match at line ends, too.")
    absent: bool = Field(default=False, description="The text must not match.")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            first_match(pattern, "")
        except UnicodeEncodeError:
            raise ValueError("no text that UTF-8 can hold") from None
        except pa.ArrowInvalid as refused:
            raise ValueError(f"no pattern of RE2: {str(refused).rpartition(': ')[2]}") from None
        return pattern

    def whole_pattern(self) -> str:
        flags = "s" + ("i" if self.ignore_case else "") + ("m" if self.lines else "")
        inner = rf"\A(?:{self.pattern})\z" if self.match == "full" else self.pattern
        return f"(?{flags}){inner}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Offsets in characters."""

    start: int
    end: int


def first_match(pattern: str, text: str) -> Match | None:
    """Raises `pyarrow.ArrowInvalid` for a pattern that is none of RE2."""
    body = text.encode("utf-8", "replace")
    texts = pa.array([body.decode()], type=pa.large_string())
    start: int = pc.find_substring_regex(texts, pattern=pattern)[0].as_py()
    if start < 0:
        return None
    # Arrow does not say where a match ends: what is left without it tells.
    left = pc.replace_substring_regex(texts, pattern=pattern, replacement="", max_replacements=1)[0].as_py()
    end = start + len(body) - len(left.encode())
    first = len(body[:start].decode(errors="ignore"))
    return Match(start=first, end=first + len(body[start:end].decode(errors="ignore")))


def evaluate(transcript: Transcript, config: RegexConfig) -> Verdict:
    pieces = config.pieces(transcript)
    if not pieces:
        return unknown(config.nothing())
    pattern = config.whole_pattern()
    for piece in pieces:
        match = first_match(pattern, piece.text)
        if match is not None:
            return passed(
                ok=not config.absent,
                explanation="the pattern matches, and must not" if config.absent else "",
                evidence=(piece.evidence(match.start, match.end),),
            )
    where = "does not match the whole text" if config.match == "full" else "matches nowhere"
    return passed(ok=config.absent, explanation="" if config.absent else f"the pattern {where}")


EVALUATOR = Evaluator(
    name="regex",
    title="Pattern",
    description="1 where a text matches a regular expression (RE2), or where it must not and does not.",
    config=RegexConfig,
    evaluate=evaluate,
)
