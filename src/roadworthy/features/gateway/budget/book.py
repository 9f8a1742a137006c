"""Budgets and limits of a project, as records of the metadata store."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.model_route import CallLimit, LimitScope, SpendBudget
from roadworthy.features.gateway.snapshot import records as kinds
from roadworthy.features.gateway.snapshot.field_invalid import FieldInvalid

MOST = 500


class BudgetBook:
    """Safe to call from several threads."""

    def __init__(self, metadata: MetadataStore, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._metadata = metadata
        self._clock = clock

    def budgets(self, project: str) -> list[SpendBudget]:
        """By name."""
        found = [read_record(SpendBudget, one) for one in self._metadata.records(project, kinds.BUDGET)]
        return sorted(found, key=lambda one: (one.name, one.id))

    def budget(self, project: str, budget_id: str) -> SpendBudget | None:
        found = self._metadata.record(project, kinds.BUDGET, budget_id)
        return None if found is None else read_record(SpendBudget, found)

    def add_budget(self, budget: SpendBudget) -> SpendBudget:
        """With an id of its own. Raises FieldInvalid."""
        others = self.budgets(budget.project)
        if len(others) >= MOST:
            raise FieldInvalid("name", expected=f"at most {MOST} budgets in a project")
        return self._save(replace(budget, id=secrets.token_hex(8)), others=others)

    def change_budget(self, budget: SpendBudget) -> SpendBudget | None:
        """What was spent stays with it. Raises FieldInvalid."""
        budgets = self.budgets(budget.project)
        if all(one.id != budget.id for one in budgets):
            return None
        return self._save(budget, others=[one for one in budgets if one.id != budget.id])

    def delete_budget(self, project: str, budget_id: str) -> bool:
        return self._metadata.delete_record(project, kinds.BUDGET, budget_id)

    def limits(self, project: str) -> list[CallLimit]:
        found = [read_record(CallLimit, one) for one in self._metadata.records(project, kinds.LIMIT)]
        return sorted(found, key=lambda one: (one.scope, one.subject, one.id))

    def limit(self, project: str, limit_id: str) -> CallLimit | None:
        found = self._metadata.record(project, kinds.LIMIT, limit_id)
        return None if found is None else read_record(CallLimit, found)

    def save_limit(self, limit: CallLimit, *, new: bool) -> CallLimit | None:
        """Raises FieldInvalid."""
        if new:
            if len(self.limits(limit.project)) >= MOST:
                raise FieldInvalid("scope", expected=f"at most {MOST} limits in a project")
            limit = replace(limit, id=secrets.token_hex(8))
        elif self.limit(limit.project, limit.id) is None:
            return None
        if limit.requests_per_minute is None and limit.tokens_per_minute is None:
            raise FieldInvalid("requests_per_minute", expected="a limit of calls or tokens, or of both")
        if limit.scope is LimitScope.PROJECT and limit.subject:
            raise FieldInvalid("subject", expected="nothing, for the scope project")
        made = replace(limit, updated_ns=self._clock())
        self._metadata.save_records(
            [
                as_record(
                    made, project=made.project, kind=kinds.LIMIT, record_id=made.id, at_ns=made.updated_ns
                )
            ]
        )
        return made

    def delete_limit(self, project: str, limit_id: str) -> bool:
        return self._metadata.delete_record(project, kinds.LIMIT, limit_id)

    def _save(self, budget: SpendBudget, *, others: list[SpendBudget]) -> SpendBudget:
        if not budget.name.strip():
            raise FieldInvalid("name", expected="a name")
        if any(one.name == budget.name for one in others):
            raise FieldInvalid("name", expected=f"a name no other budget has, not {budget.name!r}")
        if budget.usd is None and budget.tokens is None:
            raise FieldInvalid("usd", expected="USD or tokens, or both")
        if budget.usd is not None and not (math.isfinite(budget.usd) and budget.usd >= 0):
            raise FieldInvalid("usd", expected="0 or more")
        if budget.scope is LimitScope.MODEL:
            raise FieldInvalid("scope", expected="project, agent, key or route")
        if (budget.scope is LimitScope.PROJECT) is bool(budget.subject):
            whose = budget.scope.value
            expected = "nothing, for the scope project" if whose == "project" else f"the {whose} it is of"
            raise FieldInvalid("subject", expected=expected)
        made = replace(budget, updated_ns=self._clock())
        self._metadata.save_records(
            [
                as_record(
                    made, project=made.project, kind=kinds.BUDGET, record_id=made.id, at_ns=made.updated_ns
                )
            ]
        )
        return made
