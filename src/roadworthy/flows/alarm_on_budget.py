"""When a budget of model calls is half spent, nearly or wholly, then an alarm is raised; it ends with its
period."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b

from roadworthy.contracts.alarm_journal import AlarmJournal
from roadworthy.contracts.spend_store import SpendStoreUnavailable
from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.domain.model_route import LimitScope
from roadworthy.features.gateway.routes.service import BudgetNow

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
LEVELS = ((0.5, Severity.INFO), (0.8, Severity.WARNING), (1.0, Severity.ERROR))
"""Share that is spent, and how bad that is."""
_PERIOD = "period"
_LEVEL = "level"
_LOOKED_AT = 30


class AlarmOnBudget:
    """`refresh` from one thread; idempotent: the journal says what was raised."""

    def __init__(
        self,
        budgets_of: Callable[[str], Sequence[BudgetNow]],
        journal: AlarmJournal,
        *,
        projects: Callable[[], Sequence[str]],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._budgets_of = budgets_of
        self._journal = journal
        self._projects = projects
        self._now_ns = now_ns

    def refresh(self) -> int:
        """How many alarms were raised or cleared."""
        changed = 0
        for project in self._projects():
            try:
                budgets = self._budgets_of(project)
            except SpendStoreUnavailable as fault:
                log.warning("the budgets of project %s are not watched now: %s", project, fault)
                continue
            alarms = [alarm for one in budgets for alarm in self._of(one)]
            if alarms:
                self._journal.commit(project, parts={}, alarms=alarms)
                changed += len(alarms)
        return changed

    def _of(self, now: BudgetNow) -> list[Alarm]:
        budget = now.budget
        raised = self._journal.alarms(budget.project, source=budget.id, limit=_LOOKED_AT)
        reached = [(share, severity) for share, severity in LEVELS if now.share >= share]
        changes = [
            replace(one, cleared_ns=self._now_ns())
            for one in raised
            if not one.cleared_ns
            and (one.facts.get(_PERIOD) != now.period or float(one.facts[_LEVEL]) > now.share)
        ]
        known = {one.id for one in raised if not one.cleared_ns}
        if reached:
            alarm = self._alarm(now, *reached[-1])
            if alarm.id not in known:
                changes.append(alarm)
        return changes

    def _alarm(self, now: BudgetNow, share: float, severity: Severity) -> Alarm:
        budget, spent = now.budget, now.spent
        of_usd = f"{spent.spent_usd:.2f} of {budget.usd:.2f} USD" if budget.usd is not None else ""
        of_tokens = f"{spent.spent_tokens} of {budget.tokens} tokens" if budget.tokens is not None else ""
        figures = ", ".join(one for one in (of_usd, of_tokens) if one)
        whom = (
            "the project" if budget.scope is LimitScope.PROJECT else f"{budget.scope.value} {budget.subject}"
        )
        refused = (
            "Calls are refused until the period ends or the budget is raised."
            if share >= 1 and budget.enforced
            else "Nothing is refused yet."
            if budget.enforced
            else "It only warns: nothing is refused."
        )
        cause = f"{budget.project}\n{budget.id}\n{now.period}\n{share}\n{budget.usd}\n{budget.tokens}"
        return Alarm(
            project=budget.project,
            id=blake2b(cause.encode(), digest_size=16).hexdigest(),
            kind=AlarmKind.BUDGET,
            source=budget.id,
            source_name=budget.name,
            agent=budget.subject if budget.scope is LimitScope.AGENT else "",
            severity=severity,
            title=f"Budget {budget.name}: {now.share:.0%} spent ({figures})",
            reason=f"Model calls of {whom} have spent {figures} of {now.period}. {refused}",
            at_ns=self._now_ns(),
            facts={
                _PERIOD: now.period,
                _LEVEL: str(share),
                "spent_usd": f"{spent.spent_usd:.4f}",
                "spent_tokens": str(spent.spent_tokens),
                "scope": budget.scope.value,
            },
        )
