"""Which of some words stand in a text, whatever its case: looked for before patterns that need one of them,
as these cost many times as much."""

from __future__ import annotations

from typing import Any

from roadworthy.kit.compiled import COMPILED

MOST = 64
"""Words of a set."""
_made: Any = getattr(COMPILED, "word_set", None)
_any_in: Any = getattr(COMPILED, "any_word_in", None)
_words_in: Any = getattr(COMPILED, "words_in", None)


class WordSet:
    """Words, or pieces of words, in lower case. A word stands in a text where it does in `text.lower()`."""

    __slots__ = ("_compiled", "words")

    def __init__(self, words: str | tuple[str, ...]) -> None:
        """A text is split at its blanks. ValueError for more than `MOST`, and for one not in lower case."""
        self.words: tuple[str, ...] = tuple(words.split()) if isinstance(words, str) else words
        if len(self.words) > MOST or any(not word or word != word.lower() for word in self.words):
            raise ValueError(f"expected at most {MOST} words in lower case, none empty")
        self._compiled = _made(self.words) if _made is not None else None

    def any_in(self, text: str) -> bool:
        """Whether one of the words stands in it."""
        if self._compiled is not None:
            found: bool | None = _any_in(self._compiled, text)
            if found is not None:
                return found
        return self._search(text)

    def may_stand_in(self, text: str) -> bool:
        """As `any_in`, and True for any text beyond ASCII: patterns that ignore case know more cases there
        than `lower()`, such as a long s."""
        return not text.isascii() or self.any_in(text)

    def found_in(self, text: str) -> list[str]:
        """Those that stand in it, in the order of the set."""
        if self._compiled is not None:
            bits: int | None = _words_in(self._compiled, text)
            if bits is not None:
                return [word for at, word in enumerate(self.words) if bits >> at & 1] if bits else []
        lower = text.lower()
        return [word for word in self.words if word in lower]

    def _search(self, text: str) -> bool:
        lower = text.lower()
        # A plain loop: a generator costs three times as much.
        for word in self.words:  # noqa: SIM110
            if word in lower:
                return True
        return False
