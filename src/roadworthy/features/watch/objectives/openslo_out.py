"""Objectives as OpenSLO v1 documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from roadworthy.domain.objective import Budgeting, Objective, TimeWindow
from roadworthy.features.watch.objectives.openslo_words import (
    OPS,
    RATIOS,
    SOURCE,
    TARGET,
    UNITS,
    UTC_NAME,
    VERSION,
    policy_names,
    service_name,
    shorthand,
)
from roadworthy.features.watch.objectives.periods import FIRST
from roadworthy.kit.yaml_documents import write_documents

Document = dict[str, Any]


def openslo_of(objectives: Sequence[Objective]) -> str:
    """YAML: a service for each agent, an SLO for each objective, and the alert policies they refer to."""
    documents = [*_services(objectives), *(_slo(one) for one in objectives)]
    if any(one.alerting for one in objectives):
        documents += _policies()
    return write_documents(documents)


def _document(kind: str, name: str, spec: Document, *, shown: str = "") -> Document:
    metadata = {"name": name, **({"displayName": shown} if shown else {})}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _services(objectives: Sequence[Objective]) -> list[Document]:
    names: dict[str, str] = {}
    for one in objectives:
        names.setdefault(service_name(one.agent), one.agent)
    return [
        _document("Service", name, {"description": f"The agent {agent}"[:1050]}, shown=agent)
        for name, agent in sorted(names.items())
    ]


def _slo(objective: Objective) -> Document:
    spec: Document = {
        "description": objective.description,
        "service": service_name(objective.agent),
        "indicator": {"metadata": {"name": f"{objective.id}-sli"[:255]}, "spec": _sli(objective)},
        "timeWindow": [_window(objective.window)],
        "budgetingMethod": _METHODS[objective.budgeting],
        "objectives": [_target(objective)],
        "alertPolicies": [{"alertPolicyRef": one} for one in policy_names() if objective.alerting],
    }
    if not objective.description:
        del spec["description"]
    return _document("SLO", objective.id, spec, shown=objective.name)


_METHODS = {Budgeting.OCCURRENCES: "Occurrences", Budgeting.TIMESLICES: "Timeslices"}


def _sli(objective: Objective) -> Document:
    if objective.indicator.kind in RATIOS:
        return {
            "ratioMetric": {
                "counter": True,
                "good": _source(objective, count="good"),
                "total": _source(objective, count="total"),
            }
        }
    return {"thresholdMetric": _source(objective)}


def _source(objective: Objective, *, count: str = "") -> Document:
    spec: Document = {
        "indicator": str(objective.indicator.kind),
        "count": count,
        "score": objective.indicator.score,
        "agent": objective.agent,
        "release": objective.release,
        "environment": objective.environment,
        "minEvents": objective.min_events,
    }
    return {"metricSource": {"type": SOURCE, "spec": {k: v for k, v in spec.items() if v != ""}}}


def _window(window: TimeWindow) -> Document:
    if window.rolling:
        return {"duration": f"{window.days}d", "isRolling": True}
    return {
        "duration": f"{window.count}{UNITS[window.unit]}",
        "isRolling": False,
        "calendar": {
            "startTime": window.start or FIRST,
            "timeZone": UTC_NAME if window.time_zone == "UTC" else window.time_zone,
        },
    }


def _target(objective: Objective) -> Document:
    target: Document = {"displayName": objective.name}
    if objective.indicator.threshold is not None:
        target |= {"op": OPS[objective.indicator.kind], "value": objective.indicator.threshold}
    target["target"] = objective.target
    if objective.time_slice is not None:
        target["timeSliceTarget"] = objective.time_slice.target
        target["timeSliceWindow"] = shorthand(objective.time_slice.seconds)
    return target


def _policies() -> list[Document]:
    documents = []
    for name, (threshold, look_back, after) in policy_names().items():
        condition = {
            "kind": "burnrate",
            "op": "gte",
            "threshold": threshold,
            "lookbackWindow": look_back,
            "alertAfter": after,
        }
        severity = "page" if name != "burn-rate-slow" else "ticket"
        documents.append(
            _document("AlertCondition", f"{name}-condition", {"severity": severity, "condition": condition})
        )
        documents.append(
            _document(
                "AlertPolicy",
                name,
                {
                    "alertWhenNoData": False,
                    "alertWhenResolved": True,
                    "alertWhenBreaching": True,
                    "conditions": [{"conditionRef": f"{name}-condition"}],
                    "notificationTargets": [{"targetRef": TARGET}],
                },
            )
        )
    whoever = {"target": SOURCE, "description": "Whoever is on call for the agent"}
    return [*documents, _document("AlertNotificationTarget", TARGET, whoever)]
