"""Every "when X, then Y" of the server, in one visible table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.features.gateway.recording.service import RecordingService
from roadworthy.features.judge.outcome_events import OutcomeEvents
from roadworthy.features.observe.deleted_projects import DeletedProjects
from roadworthy.flows.burn_error_budgets import EVERY_SECONDS as BUDGETS_SECONDS
from roadworthy.flows.burn_error_budgets import ErrorBudgets
from roadworthy.flows.cluster_failures import FailureClusters
from roadworthy.flows.refit_models import ModelRefit
from roadworthy.flows.retention import drop_expired
from roadworthy.flows.watch_inputs import EVERY_SECONDS as INPUTS_SECONDS
from roadworthy.flows.watch_inputs import InputWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A flow that time starts. `run` is idempotent; `every_seconds` is the pause between two runs."""

    name: str
    every_seconds: float
    run: Callable[[], object]


def periodic_flows(
    *,
    metadata: MetadataStore,
    telemetry: TelemetryStore,
    clusters: FailureClusters,
    refit: ModelRefit,
    outcome_events: OutcomeEvents,
    forget_deliveries: Callable[[], object],
    recordings: RecordingService,
    deleted: DeletedProjects,
) -> list[Periodic]:
    return [
        Periodic(
            name="retention",
            every_seconds=3600,
            run=lambda: drop_expired(
                metadata=metadata, telemetry=telemetry, recordings=recordings, deleted=deleted
            ),
        ),
        Periodic(name="refit_models", every_seconds=900, run=refit.refresh),
        Periodic(name="cluster_failures", every_seconds=600, run=clusters.refresh),
        Periodic(name="match_outcome_events", every_seconds=15, run=outcome_events.retry),
        Periodic(name="forget_deliveries", every_seconds=86_400, run=forget_deliveries),
    ]


def watching_flows(*, budgets: ErrorBudgets, inputs: InputWatch) -> list[Periodic]:
    """Those that raise alarms: they wait for none of the others."""
    return [
        Periodic(name="burn_error_budgets", every_seconds=BUDGETS_SECONDS, run=budgets.refresh),
        Periodic(name="watch_inputs", every_seconds=INPUTS_SECONDS, run=inputs.refresh),
    ]
