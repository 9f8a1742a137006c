"""What the specification of OpenSLO v1 demands of the documents we write, as a JSON Schema of our own words.

github.com/OpenSLO/OpenSLO, README.md: general schema, SLO, SLI, AlertPolicy, AlertCondition,
AlertNotificationTarget, Service, duration shorthand. The kinds we do not write are left out.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs

_NAME = {"type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"}
_DURATION = {"type": "string", "pattern": "^[1-9][0-9]*[mhdwMQY]$"}
_DESCRIPTION = {"type": "string", "maxLength": 1050}
_METADATA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": _NAME, "displayName": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
_OP = {"enum": ["lte", "gte", "lt", "gt"]}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


_METRIC = _object(
    ["metricSource"],
    metricSource=_object(["spec"], metricSourceRef=_NAME, type={"type": "string"}, spec={"type": "object"}),
)
_SLI = {
    "type": "object",
    "properties": {
        "description": _DESCRIPTION,
        "thresholdMetric": _METRIC,
        "ratioMetric": {
            **_object(
                ["counter", "total"], counter={"type": "boolean"}, good=_METRIC, bad=_METRIC, total=_METRIC
            ),
            "oneOf": [{"required": ["good"]}, {"required": ["bad"]}],
        },
    },
    "oneOf": [{"required": ["thresholdMetric"]}, {"required": ["ratioMetric"]}],
    "additionalProperties": False,
}
_CALENDAR = _object(
    ["startTime", "timeZone"],
    startTime={"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"},
    timeZone={"type": "string", "pattern": "^[A-Z][A-Za-z_]+/[A-Za-z_/+-]+$"},
)
_WINDOW = {
    "oneOf": [
        _object(["duration", "isRolling"], duration=_DURATION, isRolling={"const": True}),
        _object(["duration", "calendar"], duration=_DURATION, isRolling={"const": False}, calendar=_CALENDAR),
    ]
}
_TARGET = _object(
    ["target"],
    displayName={"type": "string", "minLength": 1},
    op=_OP,
    value={"type": "number"},
    target={"type": "number", "minimum": 0, "exclusiveMaximum": 1},
    timeSliceTarget={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    timeSliceWindow=_DURATION,
)
_SLO = {
    **_object(
        ["service", "indicator", "budgetingMethod", "objectives"],
        description=_DESCRIPTION,
        service=_NAME,
        indicator=_object(["metadata", "spec"], metadata=_METADATA, spec=_SLI),
        timeWindow={"type": "array", "minItems": 1, "maxItems": 1, "items": _WINDOW},
        budgetingMethod={"enum": ["Occurrences", "Timeslices", "RatioTimeslices"]},
        objectives={"type": "array", "minItems": 1, "items": _TARGET},
        alertPolicies={"type": "array", "items": _object(["alertPolicyRef"], alertPolicyRef=_NAME)},
    ),
    "if": {"properties": {"budgetingMethod": {"const": "Timeslices"}}},
    "then": {"properties": {"objectives": {"items": {"required": ["timeSliceTarget", "timeSliceWindow"]}}}},
}
_POLICY = _object(
    ["alertWhenNoData", "alertWhenResolved", "alertWhenBreaching", "conditions", "notificationTargets"],
    description=_DESCRIPTION,
    alertWhenNoData={"type": "boolean"},
    alertWhenResolved={"type": "boolean"},
    alertWhenBreaching={"type": "boolean"},
    conditions={
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": _object(["conditionRef"], conditionRef=_NAME),
    },
    notificationTargets={
        "type": "array",
        "minItems": 1,
        "items": _object(["targetRef"], targetRef=_NAME),
    },
)
_CONDITION = _object(
    ["severity", "condition"],
    description=_DESCRIPTION,
    severity={"type": "string"},
    condition=_object(
        ["kind", "op", "threshold", "lookbackWindow", "alertAfter"],
        kind={"const": "burnrate"},
        op=_OP,
        threshold={"type": "number"},
        lookbackWindow=_DURATION,
        alertAfter=_DURATION,
    ),
)
_SPECS = {
    "SLO": _SLO,
    "Service": _object([], description=_DESCRIPTION),
    "AlertPolicy": _POLICY,
    "AlertCondition": _CONDITION,
    "AlertNotificationTarget": _object(["target"], target={"type": "string"}, description=_DESCRIPTION),
}
_DOCUMENT = jsonschema_rs.validator_for(
    {
        "oneOf": [
            _object(
                ["apiVersion", "kind", "metadata", "spec"],
                apiVersion={"const": "openslo/v1"},
                kind={"const": kind},
                metadata=_METADATA,
                spec=spec,
            )
            for kind, spec in _SPECS.items()
        ]
    }
)


def check(document: Any) -> None:
    """Raises jsonschema_rs.ValidationError: against its own kind, so that it says what is wrong."""
    spec = _SPECS[document["kind"]]
    jsonschema_rs.validator_for(spec).validate(document["spec"])
    _DOCUMENT.validate(document)
