"""The targets of a route, in the order they are asked."""

from __future__ import annotations

from roadworthy.domain.exchange import Dialect
from roadworthy.domain.model_route import FAMILY_OF, ModelRoute
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.routes.call import PlannedTarget
from roadworthy.features.gateway.snapshot.model import OpenProvider, ProjectPart

_UNKNOWN = "no provider of this name"
MOST_TARGETS = 20


def planned(
    part: ProjectPart, route: ModelRoute, *, caller: Caller, dialect: Dialect, asked: str
) -> tuple[PlannedTarget, ...]:
    """Those whose provider speaks the dialect and can be asked. Routes that name one another in a circle end
    where it closes; what was deleted is left out."""
    family = FAMILY_OF[dialect]
    found: list[PlannedTarget] = []
    seen: set[str] = set()

    def walk(one: ModelRoute) -> None:
        if one.id in seen or len(found) >= MOST_TARGETS:
            return
        seen.add(one.id)
        for target in one.targets:
            if target.route:
                other = part.routes.named(target.route, agent=caller.agent, release=caller.release)
                if other is not None:
                    walk(other)
                continue
            provider = part.providers.get(target.provider)
            if provider is None or provider.problem or family not in provider.provider.bases:
                continue
            model = target.model or asked
            found.append(
                PlannedTarget(
                    upstream=f"{target.provider}/{model}", provider=provider, target=target, pinned=model
                )
            )

    walk(route)
    return tuple(found[:MOST_TARGETS])


def problem_of(part: ProjectPart, route: ModelRoute) -> str:
    """Why none of its providers can be asked, where that is so; "" else."""
    for target in route.targets:
        held = part.providers.get(target.provider)
        said = _problem(held) if target.provider else ""
        if said:
            return f"provider {target.provider}: {said}"
    return ""


def _problem(held: OpenProvider | None) -> str:
    return _UNKNOWN if held is None else held.problem
