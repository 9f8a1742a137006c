"""The registry, as the doors and the other rooms' callables see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Sequence

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.on_call import OnCall
from roadworthy.features.registry.book import RegistryBook
from roadworthy.features.registry.history import RegistryChange, history_of
from roadworthy.features.registry.imports.csv_file import write_csv
from roadworthy.features.registry.imports.formats import READERS, ImportFormat
from roadworthy.features.registry.imports.people import KnownNames
from roadworthy.features.registry.imports.plan import Plan, plan_of
from roadworthy.features.registry.imports.wish import ImportOptions
from roadworthy.features.registry.on_call import Now, Ways, who_is_on_call
from roadworthy.features.registry.proof import proofs
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.roster import RosterRow, SeenAgent, roster

SeenAgents = Callable[[str, int, int], Sequence[SeenAgent]]
"""Agents with a run of the project in [from_ns, to_ns)."""


class RegistryService:
    """Safe to call from several threads. Raises MetadataUnavailable as the store does."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        seen: SeenAgents = lambda _project, _from_ns, _to_ns: (),
        with_objective: Callable[[str], Container[str]] = lambda _project: (),
        ways: Callable[[str], Ways | None] = lambda _project: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`with_objective`: agents of a project that have a service level objective. `ways`: by what it can
        tell anybody."""
        self.book = RegistryBook(metadata, now_ns=now_ns)
        self._metadata = metadata
        self._seen = seen
        self._with_objective = with_objective
        self._ways = ways

    def on_call(self, project: str, agent: str, at_ns: int) -> OnCall:
        """Who is to be told about the agent at that time. Never raises for an agent nobody registered: its
        `gap` says so."""
        return who_is_on_call(self._now(project, at_ns), project=project, agent=agent)

    def _now(self, project: str, at_ns: int) -> Now:
        return Now(self.book.of(project), at_ns, ways=self._ways(project))

    def roster(self, project: str, *, from_ns: int, at_ns: int) -> list[RosterRow]:
        """All registered agents and those seen in [from_ns, at_ns], by name."""
        return roster(
            self._now(project, at_ns),
            project=project,
            seen=self._seen(project, from_ns, at_ns + 1),
            proofs=proofs(self._metadata, project),
            with_objective=self._with_objective(project),
        )

    def plan(self, project: str, text: str, *, form: ImportFormat, options: ImportOptions) -> Plan:
        """What the file would change; nothing is kept."""
        snapshot = self.book.of(project)
        return plan_of(READERS[form](text, KnownNames(snapshot), options), snapshot=snapshot, project=project)

    def import_text(
        self,
        project: str,
        text: str,
        *,
        form: ImportFormat,
        options: ImportOptions,
        by: str,
        partial: bool = False,
    ) -> tuple[Plan, bool]:
        """The plan, and whether it was carried out: not while it has faults, unless `partial` says that what
        has none is to be taken all the same. All of it in one transaction. Raises RegistryInvalid where
        somebody changed meanwhile what it refers to."""
        plan = self.plan(project, text, form=form, options=options)
        if plan.faults and not partial:
            return plan, False
        self.book.save_all(plan.things, by=by, source=form.value)
        return plan, True

    def export_csv(self, project: str) -> str:
        """All registered agents, as `import_text` reads them."""
        snapshot = self.book.of(project)
        return write_csv(snapshot.agents.values(), snapshot=snapshot)

    def history(self, project: str, *, kind: Kind, name: str) -> list[RegistryChange]:
        """Newest first."""
        return history_of(self._metadata, project, kind=kind, name=name)
