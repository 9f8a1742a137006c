"""What of a run an evaluator looks at, and what it expects there."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from roadworthy.domain.finding import Evidence
from roadworthy.features.judge.detector import excerpt
from roadworthy.features.judge.evaluators.evaluator import Config
from roadworthy.features.judge.transcript import Transcript


class Where(StrEnum):
    ANSWER = "answer"
    INPUT = "input"
    TOOL_RESULTS = "tool_results"
    TOOL_ARGUMENTS = "tool_arguments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A text of the run with where it stands."""

    text: str
    span_id: str
    place: str
    joined: bool = False

    def evidence(self, start: int, end: int) -> Evidence:
        found = excerpt(self.text, start=start, end=end, span_id=self.span_id, place=self.place)
        # What was asked may be put together from several messages: offsets would lead nowhere.
        return replace(found, start=-1, end=-1) if self.joined else found


class Subject(Config):
    where: Where = Field(default=Where.ANSWER, description="Which text of the run is looked at.")
    tool: str = Field(default="", description="Only this tool's arguments or results; empty for all tools.")

    @model_validator(mode="after")
    def _tool_only_for_tools(self) -> Self:
        if self.tool and self.where not in (Where.TOOL_RESULTS, Where.TOOL_ARGUMENTS):
            raise ValueError("tool goes with where = tool_results or tool_arguments only")
        return self

    def pieces(self, transcript: Transcript) -> list[Piece]:
        """An answer or input that is not there is an empty text; a tool that was not called gives none."""
        if self.where is Where.ANSWER:
            return [Piece(text=transcript.answer, span_id=transcript.answer_span, place="answer")]
        if self.where is Where.INPUT:
            return [
                Piece(text=transcript.asked, span_id=transcript.run.root_span_id, place="input", joined=True)
            ]
        results = self.where is Where.TOOL_RESULTS
        return [
            Piece(
                text=used.result if results else used.arguments,
                span_id=used.span_id,
                place="output" if results else "input",
            )
            for used in transcript.tools
            if not self.tool or used.name == self.tool
        ]

    def nothing(self) -> str:
        """Why there is nothing to look at."""
        return f"tool {self.tool!r} was not called" if self.tool else "no tool was called"


class Expecting(Subject):
    """Something to compare with: the same for every run, or what each run brings along in an attribute."""

    expected: str | None = Field(default=None, description="The text that is right, for every run.")
    expected_attribute: str = Field(
        default="", description="Attribute of the run that holds the text that is right."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.expected is None) == (not self.expected_attribute):
            raise ValueError("give expected or expected_attribute, one of them")
        return self

    def wanted(self, transcript: Transcript) -> str | None:
        """None where the run does not say."""
        if self.expected is not None:
            return self.expected
        return transcript.run.attributes.get(self.expected_attribute)

    def unsaid(self) -> str:
        return f"the run has no attribute {self.expected_attribute!r} that says what is right"


def plain(text: str, *, ignore_case: bool, ignore_space: bool) -> str:
    """The text as it is compared: composed characters, and as asked case folded and runs of space as one."""
    text = unicodedata.normalize("NFC", text)
    if ignore_space:
        text = " ".join(text.split())
    return text.casefold() if ignore_case else text
