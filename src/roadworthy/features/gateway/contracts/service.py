"""What people ask of contracts: see them with what drifted, pin, accept, change what is demanded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from roadworthy.domain.alarm import Alarm
from roadworthy.domain.tool_contract import (
    ContractChange,
    ContractMode,
    ContractVersion,
    Drift,
    ToolContract,
    ToolDeclaration,
    ToolTerms,
)
from roadworthy.features.gateway.contracts.book import ContractBook, ContractInvalid, Learned
from roadworthy.features.gateway.contracts.differences import declaration_changes, schema_changes
from roadworthy.features.gateway.contracts.learning import drift_alarm, proposed

ENOUGH = 20
"""Exchanges before what was learned is worth pinning: below it little can be demanded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    """A tool as people see it: what is pinned, what traffic says, what drifted."""

    contract: ToolContract
    learned: Learned | None
    drifts: tuple[Drift, ...]

    @property
    def status(self) -> str:
        if self.drifts:
            return "drifted"
        if self.contract.pinned is not None:
            return "pinned"
        return "ready" if self.learned and self.learned.exchanges >= ENOUGH else "learning"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDiff:
    """What would change for readers if what is seen now were pinned."""

    declared: tuple[ContractChange, ...]
    """The tool of itself, now against the pinned."""
    arguments: tuple[ContractChange, ...]
    result: tuple[ContractChange, ...]


class ContractService:
    """`raised` gets alarms that are over because somebody accepted a drift or pinned anew."""

    def __init__(
        self,
        book: ContractBook,
        *,
        raised: Callable[[str, Sequence[Alarm]], object] | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.book = book
        self._raised = raised
        self.forget: Callable[[str], None] = lambda _project: None
        """A deleted project leaves no alarms. Set by who keeps them."""
        self._now_ns = now_ns

    def views(self, project: str) -> list[ContractView]:
        """Those that drifted first, then by name. Tools that were seen and never pinned are among them."""
        contracts = {one.name: one for one in self.book.contracts(project)}
        learned = {f"{one.connector}.{one.tool}": one for one in self.book.learned(project)}
        drifts = self.book.drifts_by_tool(project)
        found = []
        for name in contracts.keys() | learned.keys():
            known = learned.get(name)
            contract = contracts.get(name)
            if contract is None:
                assert known is not None  # noqa: S101 - the name came from one of the two
                contract = ToolContract(project=project, connector=known.connector, tool=known.tool)
            found.append(ContractView(contract=contract, learned=known, drifts=tuple(drifts.get(name, ()))))
        return sorted(found, key=lambda one: (not one.drifts, one.contract.name))

    def view(self, project: str, *, connector: str, tool: str) -> ContractView | None:
        contract = self.book.contract(project, connector=connector, tool=tool)
        learned = self.book.learned_of(project, connector=connector, tool=tool)
        if contract is None and learned is None:
            return None
        return ContractView(
            contract=contract or ToolContract(project=project, connector=connector, tool=tool),
            learned=learned,
            drifts=tuple(self.book.drifts(project, connector=connector, tool=tool)),
        )

    def pin(
        self,
        project: str,
        *,
        connector: str,
        tool: str,
        by: str,
        reason: str = "",
        arguments: Mapping[str, Any] | None = None,
        result: Mapping[str, Any] | None = None,
        mode: ContractMode | None = None,
    ) -> ContractView | None:
        """What is not given is what traffic suggests, else what the tool declares. None where the tool was
        never seen and nothing is given. Raises ContractInvalid."""
        learned = self.book.learned_of(project, connector=connector, tool=tool)
        if learned is None and arguments is None and result is None:
            return None
        seen = learned or Learned(project=project, connector=connector, tool=tool)
        declared = seen.declaration or ToolDeclaration()
        suggested = proposed(seen)
        enough = seen.exchanges >= ENOUGH
        # The arguments a tool declares are what it takes; traffic shows only those that were used.
        takes = declared.arguments or (suggested[0] if enough else None)
        gives = suggested[1] if enough else declared.result
        version = ContractVersion(
            number=0,
            arguments=dict(arguments) if arguments is not None else takes,
            result=dict(result) if result is not None else gives,
            declaration=declared,
            pinned_ns=0,
            by=by,
            reason=reason,
            learned_from=seen.exchanges if enough and result is None else 0,
        )
        before = self.book.contract(project, connector=connector, tool=tool)
        contract = self.book.pin(project, connector=connector, tool=tool, version=version, by=by, mode=mode)
        if learned is not None:
            self.book.save_learned(replace(learned, recent={}, recent_exchanges=0))
        self._settle(before or contract)
        return self.view(project, connector=connector, tool=tool)

    def accept(
        self, project: str, *, connector: str, tool: str, by: str, reason: str = ""
    ) -> ContractView | None:
        """What drifted is how it is to be: pinned anew, from what the tool declares and what came since the
        last pin. None where nothing is pinned. Raises ContractInvalid where there is nothing to accept."""
        view = self.view(project, connector=connector, tool=tool)
        if view is None or view.contract.pinned is None:
            return None
        if not view.drifts:
            raise ContractInvalid("drifts", "a tool that has drifted; this one is as it was pinned")
        pinned, learned = view.contract.pinned, view.learned
        declared = (learned.declaration if learned else None) or pinned.declaration
        kinds = {one.kind.value for one in view.drifts}
        arguments, result = pinned.arguments, pinned.result
        if learned is not None:
            suggested = proposed(learned)
            if "result" in kinds and suggested[1] is not None:
                result = suggested[1]
            if "arguments" in kinds:
                arguments = declared.arguments or suggested[0]
        if "declared_shape" in kinds:
            arguments = declared.arguments or arguments
        version = replace(
            pinned, arguments=arguments, result=result, declaration=declared, reason=reason, number=0
        )
        self.book.pin(project, connector=connector, tool=tool, version=version, by=by)
        if learned is not None:
            self.book.save_learned(replace(learned, recent={}, recent_exchanges=0))
        self._settle(view.contract)
        return self.view(project, connector=connector, tool=tool)

    def change(
        self,
        project: str,
        *,
        connector: str,
        tool: str,
        by: str,
        mode: ContractMode | None = None,
        terms: ToolTerms | None = None,
    ) -> ContractView:
        """Raises ContractInvalid."""
        self.book.change(project, connector=connector, tool=tool, by=by, mode=mode, terms=terms)
        view = self.view(project, connector=connector, tool=tool)
        assert view is not None  # noqa: S101 - it was just written
        return view

    def delete(self, project: str, *, connector: str, tool: str) -> bool:
        contract = self.book.contract(project, connector=connector, tool=tool)
        if contract is not None:
            self._settle(contract)
        return self.book.delete(project, connector=connector, tool=tool)

    def diff(self, view: ContractView, *, against: int | None = None) -> ContractDiff | None:
        """A pinned version against what is seen now, or against another version. None where there is no such
        version."""
        pinned = view.contract.pinned
        if pinned is None:
            return ContractDiff(declared=(), arguments=(), result=())
        if against is not None:
            other = next((one for one in view.contract.versions if one.number == against), None)
            if other is None:
                return None
            return ContractDiff(
                declared=tuple(declaration_changes(other.declaration, pinned.declaration)),
                arguments=tuple(schema_changes(other.arguments, pinned.arguments, at="arguments")),
                result=tuple(schema_changes(other.result, pinned.result, at="result")),
            )
        learned = view.learned
        if learned is None:
            return ContractDiff(declared=(), arguments=(), result=())
        now = learned.declaration or pinned.declaration
        seen = proposed(learned)[1] if learned.recent_exchanges else None
        return ContractDiff(
            declared=tuple(declaration_changes(pinned.declaration, now)),
            arguments=(),
            result=tuple(schema_changes(pinned.result, seen, at="result")) if seen and pinned.result else (),
        )

    def _settle(self, contract: ToolContract) -> None:
        """What stood is over: its alarms are cleared."""
        gone = self.book.settle(contract.project, connector=contract.connector, tool=contract.tool)
        if gone and self._raised is not None:
            now_ns = self._now_ns()
            over = [drift_alarm(contract, one, cleared_ns=now_ns) for one in gone]
            self._raised(contract.project, over)
