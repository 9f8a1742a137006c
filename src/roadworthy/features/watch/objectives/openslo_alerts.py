"""Alert policies of OpenSLO v1: three burn rates at once, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from roadworthy.features.watch.objectives.openslo_fields import Fields, OpenSloInvalid, shown
from roadworthy.features.watch.objectives.openslo_words import policy_names

Held = Mapping[str, Mapping[str, Fields]]
Rule = tuple[float, str, str]


def alerting_of(held: Held) -> Callable[[Fields], bool]:
    """Whether an SLO (its spec) alarms. Raises OpenSloInvalid where the policies are others than ours."""
    conditions = {name: _condition(spec) for name, spec in held["AlertCondition"].items()}
    policies = {name: _policy(spec, conditions, held) for name, spec in held["AlertPolicy"].items()}
    ours = {rule: name for name, rule in policy_names().items()}

    def alerting(spec: Fields) -> bool:
        given = spec.list("alertPolicies", default=[])
        if not given:
            return False
        rules = set()
        for number, one in enumerate(given):
            where = f"{spec.at('alertPolicies')}[{number}]"
            rules.add(_named(one, policies, where=where, conditions=conditions, held=held))
        if missing := [name for rule, name in ours.items() if rule not in rules]:
            said = "all three burn rates (14.4 in 1h, 6 in 6h, 1 in 3d) or none"
            raise spec.bad("alertPolicies", expected=f"{said}; missing: {', '.join(missing)}")
        return True

    return alerting


def _named(
    given: Any, policies: Mapping[str, Rule], *, where: str, conditions: Mapping[str, Rule], held: Held
) -> Rule:
    if isinstance(given, dict) and "spec" in given:
        inline = Fields(given, where=where)
        inline.choice("kind", "AlertPolicy", default="AlertPolicy")
        inline.any("metadata")
        inline.any("apiVersion")
        rule = _policy(inline.fields("spec"), conditions, held)
        inline.done()
        return rule
    if isinstance(given, dict):
        reference = Fields(given, where=where)
        name = reference.text("alertPolicyRef")
        reference.done()
    elif isinstance(given, str):
        name = given
    else:
        raise OpenSloInvalid(where, expected=f"the name of an alert policy, not {shown(given)}")
    if name in policies:
        return policies[name]
    if name in policy_names():
        return policy_names()[name]
    raise OpenSloInvalid(where, expected=f"an AlertPolicy of the same file, not {shown(name)}")


def _policy(spec: Fields, conditions: Mapping[str, Rule], held: Held) -> Rule:
    spec.text("description", default="")
    if spec.flag("alertWhenNoData", default=False):
        raise spec.bad("alertWhenNoData", expected="false: runs that stop coming are a monitor's matter")
    if not spec.flag("alertWhenBreaching", default=True):
        raise spec.bad("alertWhenBreaching", expected="true")
    if not spec.flag("alertWhenResolved", default=True):
        raise spec.bad("alertWhenResolved", expected="true: what is over is always told")
    given = spec.list("conditions")
    if len(given) != 1:
        raise spec.bad("conditions", expected=f"exactly one condition, not {len(given)}")
    one = Fields(given[0], where=f"{spec.at('conditions')}[0]")
    if one.has("conditionRef"):
        name = one.text("conditionRef")
        if name not in conditions:
            raise one.bad("conditionRef", expected=f"an AlertCondition of the same file, not {shown(name)}")
        rule = conditions[name]
    else:
        one.choice("kind", "AlertCondition", default="AlertCondition")
        one.any("metadata")
        rule = _condition(one.fields("spec"))
    one.done()
    _targets(spec, held)
    spec.done()
    return rule


def _targets(spec: Fields, held: Held) -> None:
    for number, value in enumerate(spec.list("notificationTargets", default=[])):
        target = Fields(value, where=f"{spec.at('notificationTargets')}[{number}]")
        name = target.text("targetRef")
        if name not in held["AlertNotificationTarget"]:
            expected = f"an AlertNotificationTarget of the same file, not {shown(name)}"
            raise target.bad("targetRef", expected=expected)
        target.done()


def _condition(spec: Fields) -> Rule:
    spec.text("description", default="")
    spec.text("severity")
    condition = spec.fields("condition")
    spec.done()
    condition.choice("kind", "burnrate", default="burnrate")
    condition.choice("op", "gte", "gt")
    threshold = float(condition.number("threshold"))
    rule = (threshold, condition.text("lookbackWindow"), condition.text("alertAfter"))
    known = policy_names().values()
    if rule not in known:
        choices = "; ".join(f"{factor:g} in {long}, after {short}" for factor, long, short in known)
        raise condition.bad("threshold", expected=f"with its windows one of: {choices}")
    condition.done()
    return rule
