"""What one agent is offered: granted tools, under names its client takes, described as they were pinned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from roadworthy.contracts.tool_system import ToolSpec
from roadworthy.domain.connector import Connector
from roadworthy.features.gateway.contracts.check import CompiledContract
from roadworthy.features.gateway.contracts.declared import visible, visible_in
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.tools.catalog import Catalog, KnownTool, Listing
from roadworthy.features.gateway.tools.names import offered_name
from roadworthy.features.gateway.tools.rules import ToolRules

MOST_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTool:
    """`spec` is as the system has it; `description`, `arguments` and `result` as agents are shown."""

    name: str
    """`crm__find_customer`."""
    target: str
    """`crm.find_customer`."""
    connector: Connector
    spec: ToolSpec
    declared_digest: str
    contract: CompiledContract | None
    description: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None

    def as_mcp(self, *, modern: bool) -> dict[str, Any]:
        """Older clients know results that are objects only."""
        shown: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "inputSchema": self.arguments,
        }
        if self.result is not None and (modern or self.result.get("type") == "object"):
            shown["outputSchema"] = self.result
        hints = {k: v for k, v in self.spec.annotations.items() if k in _HINTS and isinstance(v, bool | str)}
        hints.setdefault("readOnlyHint", self.spec.read_only)
        hints.setdefault("idempotentHint", self.spec.idempotent)
        shown["annotations"] = {k: visible(v) if isinstance(v, str) else v for k, v in hints.items()}
        return shown


_HINTS = frozenset({"title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`by_name` takes both names. `bodies` keeps what was made of it, by whoever makes it."""

    stamp: tuple[object, ...]
    tools: tuple[OfferedTool, ...]
    by_name: Mapping[str, OfferedTool]
    problems: Mapping[str, str] = field(default_factory=dict)
    """By connector: why its tools cannot be listed now."""
    bodies: dict[str, bytes] = field(default_factory=dict)


class Offering:
    """For one event loop. Made anew when grants, contracts, connectors or what systems list has changed."""

    def __init__(self, rules: Callable[[str], ToolRules], catalog: Catalog) -> None:
        self._rules = rules
        self._catalog = catalog
        self._kept: dict[tuple[str, str, str], Offer] = {}

    async def of(self, caller: Caller) -> Offer:
        """Never raises: systems that cannot be listed are offered as they last were, or not at all."""
        rules = self._rules(caller.project)
        grants = rules.granted(agent=caller.agent, release=caller.release)
        lefts = [one.pattern.partition(".")[0] for one in grants]
        wanted = [
            connector
            for name, connector in sorted(rules.connectors.items())
            if any(fnmatchcase(name, left) for left in lefts)
        ]
        listings = await self._listings(wanted)
        stamp = (id(rules), rules, *((one.connector.name, one.number) for one in listings))
        key = (caller.project, caller.agent, caller.release)
        kept = self._kept.get(key)
        if kept is not None and kept.stamp[0] == stamp[0] and kept.stamp[2:] == stamp[2:]:
            return kept
        shown = [_with_pinned(rules, one) for one in listings]
        tools = [
            offered(rules, listing, name)
            for listing in shown
            for name in listing.tools
            if any(grant.covers(listing.connector.name, name) for grant in grants)
        ]
        offer = Offer(
            stamp=stamp,
            tools=tuple(tools),
            problems={one.connector.name: one.problem for one in listings if one.problem},
            by_name={**{one.target: one for one in tools}, **{one.name: one for one in tools}},
        )
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = offer
        return offer

    async def _listings(self, wanted: list[Connector]) -> list[Listing]:
        if len(wanted) == 1:
            return [await self._catalog.of(wanted[0])]
        return list(await asyncio.gather(*(self._catalog.of(one) for one in wanted)))


def offered(rules: ToolRules, listing: Listing, name: str) -> OfferedTool:
    """What was pinned is shown where it is enforced: a tool that describes itself anew reaches no model."""
    known, connector = listing.tools[name], listing.connector
    target = f"{connector.name}.{name}"
    contract = rules.contracts.get(target)
    description, arguments, result = known.spec.description, known.spec.arguments, known.spec.result
    pinned = contract.pinned if contract is not None and contract.enforced else None
    if pinned is not None and pinned.declaration.digest:
        declared = pinned.declaration
        if known.declared.digest != declared.digest:
            description, result = declared.description, declared.result
        arguments = declared.arguments or pinned.arguments or arguments
    return OfferedTool(
        name=offered_name(connector.name, name),
        target=target,
        connector=connector,
        spec=known.spec,
        declared_digest=known.declared.digest,
        contract=contract,
        description=visible(description),
        arguments=_object(visible_in(arguments)),
        result=visible_in(result) if result is not None else None,
    )


def _with_pinned(rules: ToolRules, listing: Listing) -> Listing:
    """A system that was never listed and is away now has the tools that were pinned of it."""
    if not listing.problem or listing.tools:
        return listing
    name = listing.connector.name
    tools: dict[str, KnownTool] = {}
    for target, contract in rules.contracts.items():
        connector, _, tool = target.partition(".")
        if connector == name and contract.pinned is not None and contract.pinned.declaration.digest:
            said = contract.pinned.declaration
            spec = ToolSpec(
                name=tool,
                description=said.description,
                arguments=said.arguments,
                result=said.result,
                read_only=said.annotations.get("readOnlyHint") is True,
                idempotent=False,
                annotations=said.annotations,
            )
            tools[tool] = KnownTool(name=tool, spec=spec, declared=said)
    return replace(listing, tools=tools)


def _object(schema: Any) -> dict[str, Any]:
    """Clients demand that arguments are an object."""
    made = schema if isinstance(schema, dict) else {}
    return made if made.get("type") == "object" else {**made, "type": "object"}
