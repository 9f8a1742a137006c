"""Which route answers to a name: the most specific one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roadworthy.domain.model_route import ModelRoute

_REMEMBERED = 4_096


def answers_to(pattern: str, text: str) -> bool:
    """`*` stands for any text; everything else for itself. Linear in the text: no pattern takes long."""
    first, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    last = parts.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in parts:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


class RouteTable:
    """Routes of one project. Read by one thread at a time."""

    def __init__(self, routes: Iterable[ModelRoute]) -> None:
        live = sorted((one for one in routes if one.enabled), key=lambda one: (one.name, one.id))
        self._named: dict[str, list[ModelRoute]] = {}
        for one in live:
            self._named.setdefault(one.name, []).append(one)
        self._patterned = [(pattern, one) for one in live for pattern in one.models]
        self._found: dict[tuple[str, str, str], ModelRoute | None] = {}

    @property
    def names(self) -> Sequence[str]:
        return list(self._named)

    def visible_to(self, *, agent: str, release: str) -> list[ModelRoute]:
        """One for each name, the one that holds for this release of the agent."""
        found = (self.named(name, agent=agent, release=release) for name in self._named)
        return [one for one in found if one is not None]

    def named(self, name: str, *, agent: str, release: str) -> ModelRoute | None:
        fitting = [
            (rank, one)
            for one in self._named.get(name, ())
            if (rank := scope_rank(one, agent=agent, release=release)) >= 0
        ]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None

    def resolve(self, asked: str, *, agent: str, release: str) -> ModelRoute | None:
        """By name or by the model names it answers to: scope first, then a name before a pattern, then the
        longer pattern."""
        key = (asked, agent, release)
        try:
            return self._found[key]
        except KeyError:
            pass
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        found = self._found[key] = self._look_up(asked, agent=agent, release=release)
        return found

    def _look_up(self, asked: str, *, agent: str, release: str) -> ModelRoute | None:
        best: ModelRoute | None = None
        best_rank = (-1, -1, -1)
        candidates = [(one, 1, 0) for one in self._named.get(asked, ())]
        candidates += [
            (one, 0, len(pattern.replace("*", "")))
            for pattern, one in self._patterned
            if answers_to(pattern, asked)
        ]
        for one, exact, length in candidates:
            scope = scope_rank(one, agent=agent, release=release)
            if scope >= 0 and (scope, exact, length) > best_rank:
                best, best_rank = one, (scope, exact, length)
        return best


def scope_rank(route: ModelRoute, *, agent: str, release: str) -> int:
    """2 for the agent's release, 1 for the agent, 0 for everybody, -1 for somebody else."""
    if not route.agent:
        return 0
    if route.agent != agent:
        return -1
    if not route.release:
        return 1
    return 2 if route.release == release else -1
