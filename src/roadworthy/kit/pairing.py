"""Two sequences side by side: which place of one answers which of the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher


def paired(left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[tuple[int | None, int | None]]:
    """Places of both, in order; None where one has no answer in the other, those of the left first. The
    longest common blocks are kept together (Ratcliff and Obershelp's matching, `difflib`): time grows with
    the product of both lengths."""
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(range(left_from, left_to), range(right_from, right_to), strict=True)
        else:
            yield from ((place, None) for place in range(left_from, left_to))
            yield from ((None, place) for place in range(right_from, right_to))
