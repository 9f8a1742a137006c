"""What the agents of a run said themselves, as far as detectors read it."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.features.judge.transcript import Saying, Transcript

BUDGET = 200_000
"""Characters of a run together; more is not read."""
_EACH = 20_000


def utterances(transcript: Transcript) -> Sequence[Saying]:
    """Of assistants, without what a conversation brought along; in order, up to `BUDGET`. Worked out once."""
    known: Sequence[Saying] | None = transcript.worked_out.get("utterances")
    if known is None:
        known = transcript.worked_out["utterances"] = _utterances(transcript)
    return known


def _utterances(transcript: Transcript) -> list[Saying]:
    found: list[Saying] = []
    left = BUDGET
    for one in transcript.sayings:
        if one.role == "assistant" and one.place == "output" and one.text and left > 0:
            found.append(one)
            left -= min(len(one.text), _EACH)
    return found


def lowered(transcript: Transcript) -> str:
    """All that is heard, in lower case: a word that is not in it need not be looked for in each. Worked out
    once."""
    known: str | None = transcript.worked_out.get("lowered")
    if known is None:
        whole = "\n".join([heard(one) for one in utterances(transcript)])
        known = transcript.worked_out["lowered"] = whole.lower()
    return known


def heard(one: Saying) -> str:
    """Its text, as far as it is read."""
    return one.text if len(one.text) <= _EACH else one.text[:_EACH]
