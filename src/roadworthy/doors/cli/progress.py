"""How far a long command is, on standard error: one line that is drawn anew on a terminal, a line for each
thing done elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """`planned` is a guess where `guessed` says so; then `most` is what it is bound by, where it is."""

    done: int
    planned: int
    running: int
    guessed: bool = False
    most: int | None = None
    cost: str = ""
    """What it cost so far."""
    trying: str = ""
    """What is under way."""


class ProgressLine:
    """Called with each beat, however many: what says nothing new is not said again. `items` is what is
    counted, like `reruns`. Not for several threads."""

    def __init__(
        self, items: str, *, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._items = items
        self._out = out if out is not None else sys.stderr
        self._clock = clock
        self._began = clock()
        self._drawn = ""
        self._done = 0
        self._terminal = self._out.isatty()

    def __call__(self, beat: Beat) -> None:
        if self._terminal:
            self._draw(beat)
        elif beat.done > self._done:
            self._done = beat.done
            self._write(f"{_said(beat, self._items)}\n")

    def end(self) -> None:
        """What is said next begins in a line of its own."""
        if self._drawn:
            self._write("\n")
            self._drawn = ""

    def _draw(self, beat: Beat) -> None:
        columns = _columns(self._out)
        line = _fitting(beat, self._items, lasted=_lasted(self._clock() - self._began), columns=columns)
        if line != self._drawn:
            # Padded rather than erased: every terminal knows how. The last column stays free: it would wrap.
            self._write(f"\r{line.ljust(columns - 1)}")
            self._drawn = line

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _said(beat: Beat, items: str, *, bound: bool = True) -> str:
    """The longer it is, the less what stands last is missed."""
    about = "about " if beat.guessed else ""
    most = f" (at most {beat.most})" if bound and beat.guessed and beat.most is not None else ""
    doing = f"trying: {beat.trying}" if beat.trying else f"{beat.running} under way" * bool(beat.running)
    parts = (f"{beat.done} of {about}{beat.planned} {items}{most}", doing, beat.cost)
    return ", ".join(one for one in parts if one)


def _fitting(beat: Beat, items: str, *, lasted: str, columns: int) -> str:
    """As much as there is room for, in one line: one that wraps could not be drawn over."""
    whole, short = (f"{_said(beat, items, bound=bound)}, {lasted}" for bound in (True, False))
    for bar, text in ((20, whole), (20, short), (10, short)):
        if bar + 3 + len(text) < columns:
            return f"{_bar(beat, bar)} {text}"
    return short if len(short) < columns else f"{short[: columns - 2]}…"


def _bar(beat: Beat, width: int) -> str:
    full = round(width * min(1.0, beat.done / beat.planned)) if beat.planned else 0
    return f"[{'#' * full}{'.' * (width - full)}]"


def _lasted(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def _columns(out: TextIO) -> int:
    try:
        found = os.get_terminal_size(out.fileno()).columns
    except (OSError, ValueError):
        found = 0
    return found or 80
