"""What the consumer asks of whoever judges runs before they are written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from roadworthy.domain.run import Run
from roadworthy.domain.score import Score


class EarlyJudge(Protocol):
    """Asked by the decoding thread; `before_write` by the writing thread."""

    @property
    def waiting(self) -> Collection[tuple[str, str]]:
        """Project and id of the runs that could be judged and were not yet."""
        ...

    def work(self, runs: Mapping[tuple[str, str], Run], *, seconds: float) -> int:
        """Judge some of the runs gathered for about so long, those that are over, in place: each agent's in
        turn, the newest first. How many were judged; 0 where there is no more to do."""
        ...

    def said(self, scores: Sequence[Score]) -> None:
        """These came: what they are about is not judged here from now on."""
        ...

    def handed_over(self, *, next_offset: int) -> None:
        """The runs gathered so far are on their way to the store; what comes next begins at this offset."""
        ...

    def before_write(self, runs: Sequence[Run]) -> None:
        """Of these some were judged. Done again where the batch is written again. Raises as stores do."""
        ...
