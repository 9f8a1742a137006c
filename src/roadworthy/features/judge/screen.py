"""Words first: looking for a few costs a tenth of what a pattern costs that none of them fits."""

from __future__ import annotations

from collections.abc import Iterable


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the text, as written."""
    # A plain loop: detectors ask this for every text, and a generator costs three times as much.
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False
