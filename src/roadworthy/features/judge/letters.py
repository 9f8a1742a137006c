"""Words of a text: letters between whatever is none. ASCII, which most texts are, is translated and split,
many times faster than by the pattern."""

from __future__ import annotations

import re

LETTERS_ONLY = "".join(chr(code) if chr(code).isalpha() else " " for code in range(128))
"""What ASCII is translated to, to have nothing but words in it."""
_WORD = re.compile(r"[^\W\d_]+")


def words_of(text: str) -> list[str]:
    """In order, as written."""
    return text.translate(LETTERS_ONLY).split() if text.isascii() else _WORD.findall(text)
