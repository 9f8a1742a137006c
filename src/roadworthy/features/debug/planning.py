"""Which answers a rerun is to get: its plan, out of what the inquiry asks and the rerun's switch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from roadworthy.features.debug.inquiry import Inquiry, InquiryKind, Rerun
from roadworthy.features.debug.plan import After, Change, ChangeKind, Plan

_ASKS = frozenset({ChangeKind.MODEL, ChangeKind.PROMPT, ChangeKind.PARAMETERS})
"""A model is asked for what such a change is of."""


def plan_of(inquiry: Inquiry, rerun: Rerun) -> Plan:
    """Of the rerun's present attempt."""
    plan = Plan(
        project=inquiry.project,
        agent=inquiry.gateway_agent,
        inquiry=inquiry.id,
        number=rerun.number,
        attempt=rerun.attempt,
        run_id=rerun.trace_id,
        tape_run=inquiry.run_id,
    )
    if inquiry.kind is InquiryKind.REPLAY or (inquiry.kind is InquiryKind.BISECT and rerun.switch is None):
        return plan
    plan = replace(
        plan,
        good_run=inquiry.good_run,
        after=inquiry.after,
        live_tools=inquiry.live_tools,
        live_model=inquiry.live_model,
    )
    if inquiry.kind is InquiryKind.FORK:
        return replace(plan, keep=(inquiry.fork_at or 1) - 1, changes=inquiry.changes)
    switch = rerun.switch or 1
    return replace(
        plan,
        keep=switch - 1,
        changes=tuple(_corrections(inquiry, switch=switch, only=rerun.only)),
        good_only=rerun.only,
        live_model="" if rerun.only else inquiry.live_model,
    )


def is_closed(plan: Plan) -> bool:
    """Whether nothing can leave the machine: the tapes answer all of it."""
    return plan.after is After.RECORDED and not any(one.kind in _ASKS for one in plan.changes)


def _corrections(inquiry: Inquiry, *, switch: int, only: bool) -> Iterator[Change]:
    """What puts things right from the switch on; with `only`, at the switch alone."""
    own = [one for one in inquiry.changes if one.onwards or one.step >= switch]
    moved = [replace(one, step=max(one.step, switch)) if one.onwards else one for one in own]
    if not only:
        yield from moved
        return
    here = [replace(one, onwards=False) for one in moved if one.step == switch]
    yield from here
    if here or inquiry.good_run or switch in inquiry.tool_steps or switch > inquiry.steps:
        return
    if inquiry.live_model:
        yield Change(step=switch, kind=ChangeKind.MODEL, text=inquiry.live_model)
    else:
        # Nothing of the request is different: the model is asked again.
        yield Change(step=switch, kind=ChangeKind.PARAMETERS, text="{}")
