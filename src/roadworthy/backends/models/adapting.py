"""Models differ in which parameters they take, and say so with HTTP 400. What one refused is left out from
then on: newer models take no temperature, others no schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from roadworthy.backends.models.posting import Answer
from roadworthy.contracts.models import ModelFailed, Trouble

_TOLD_BY = {
    "max_tokens": ("max_completion_tokens",),
    "temperature": ("temperature",),
    "response_format": ("response_format", "json_schema", "structured output", "tool_choice", "tools"),
}
"""Parameter → words in the endpoint's refusal that mean it."""


class Adapting:
    """Remembers, for one model, what it refused."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    async def ask(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """`ask` builds its request anew each time, from `refused`."""
        while True:
            try:
                return await ask()
            except ModelFailed as failed:
                if failed.trouble is not Trouble.REFUSED or not self._learn(str(failed).lower()):
                    raise

    def _learn(self, said: str) -> bool:
        for parameter, words in _TOLD_BY.items():
            if parameter not in self.refused and any(word in said for word in words):
                self.refused.add(parameter)
                return True
        return False
