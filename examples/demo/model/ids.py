"""Ids that look as random as a provider's, and token counts that look counted; both repeatable."""

from __future__ import annotations

import json
import random
import string
import time

from examples.demo.model.script import Conversation, Turn

_ALPHABET = string.ascii_letters + string.digits
SYSTEM_TOKENS = 180
"""Instructions and tool definitions."""


class Ids:
    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def make(self, prefix: str) -> str:
        return prefix + "".join(self._dice.choices(_ALPHABET, k=24))

    def delay_s(self) -> float:
        """How long the model thinks."""
        return self._dice.uniform(0.05, 0.4)

    @staticmethod
    def now() -> int:
        return int(time.time())


def tokens(what: Conversation | Turn) -> int:
    """About four characters each."""
    if isinstance(what, Conversation):
        return SYSTEM_TOKENS + what.characters // 4
    said = what.text + "".join(call.tool + json.dumps(call.arguments) for call in what.calls)
    return max(1, len(said) // 4)
