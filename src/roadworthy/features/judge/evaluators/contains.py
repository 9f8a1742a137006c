"""The text holds some words, or does not."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from roadworthy.domain.finding import Evidence
from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict, passed, unknown
from roadworthy.features.judge.evaluators.subject import Subject, plain
from roadworthy.features.judge.transcript import Transcript

Phrase = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class ContainsConfig(Subject):
    phrases: tuple[Phrase, ...] = Field(min_length=1, max_length=200)
    need: Literal["all", "any", "none"] = Field(default="all", description="How many must be there.")
    ignore_case: bool = True


def evaluate(transcript: Transcript, config: ContainsConfig) -> Verdict:
    pieces = config.pieces(transcript)
    if not pieces:
        return unknown(config.nothing())
    found: dict[str, Evidence | None] = {}
    for piece in pieces:
        raw = piece.text.casefold() if config.ignore_case else piece.text
        text = plain(piece.text, ignore_case=config.ignore_case, ignore_space=True)
        for phrase in config.phrases:
            if (
                found.get(phrase) is None
                and plain(phrase, ignore_case=config.ignore_case, ignore_space=True) in text
            ):
                wanted = phrase.casefold() if config.ignore_case else phrase
                # Where folding or line ends moved things, the phrase is there but its place is not known.
                at = raw.find(wanted) if len(raw) == len(piece.text) else -1
                found[phrase] = piece.evidence(at, at + len(phrase)) if at >= 0 else found.get(phrase)
    missing = [phrase for phrase in config.phrases if phrase not in found]
    evidence = tuple(one for one in found.values() if one is not None)
    if config.need == "none":
        return passed(ok=not found, explanation=_named("found", list(found)), evidence=evidence)
    ok = not missing if config.need == "all" else bool(found)
    return passed(ok=ok, explanation="" if ok else _named("missing", missing), evidence=evidence)


def _named(word: str, phrases: list[str]) -> str:
    return f"{word}: {', '.join(repr(phrase[:80]) for phrase in phrases[:20])}" if phrases else ""


EVALUATOR = Evaluator(
    name="contains",
    title="Contains",
    description="1 where a text holds all, any or none of some phrases, as asked; 0 where not.",
    config=ContainsConfig,
    evaluate=evaluate,
)
