"""Who is told first, and who next."""

from __future__ import annotations

from roadworthy.domain.escalation_policy import EscalationPolicy
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.schedules import (
    PolicyBody,
    PolicyPage,
    PolicyView,
    policy_of,
    policy_view,
)
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.routes.registering import CHANGED_RESPONSE, Expected, Name, told
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.references import references_to
from roadworthy.features.registry.snapshot import Snapshot

router = Endpoints(prefix="/escalation-policies", tags=["on-call"])


@router.get("", operation_id="listEscalationPolicies")
def list_policies(ctx: Context, project: ReadProject) -> PolicyPage:
    snapshot = ctx.registry.book.of(project)
    return PolicyPage(items=[_view(snapshot, one) for one in snapshot.policies.values()])


@router.get("/{name}", operation_id="getEscalationPolicy")
def get_policy(ctx: Context, project: ReadProject, name: Name) -> PolicyView:
    snapshot = ctx.registry.book.of(project)
    if name not in snapshot.policies:
        raise not_found("escalation policy", name=name)
    return _view(snapshot, snapshot.policies[name])


@router.put("/{name}", operation_id="saveEscalationPolicy", responses=CHANGED_RESPONSE)
def save_policy(
    ctx: Context, asker: Asker, project: AdminProject, name: Name, body: PolicyBody, expected: Expected
) -> PolicyView:
    """Enters it, or replaces all of it. Made the default, it takes the place of the one that was."""
    with told():
        saved = ctx.registry.book.save(
            policy_of(body, project=project, name=name), by=asker.name, expected_ns=expected
        )
    return _view(ctx.registry.book.of(project), saved)


@router.delete("/{name}", operation_id="deleteEscalationPolicy", status_code=204)
def delete_policy(ctx: Context, asker: Asker, project: AdminProject, name: Name) -> None:
    """409 while an agent names it."""
    with told():
        gone = ctx.registry.book.delete(project, Kind.POLICY, name, by=asker.name)
    if not gone:
        raise not_found("escalation policy", name=name)


def _view(snapshot: Snapshot, policy: EscalationPolicy) -> PolicyView:
    return policy_view(policy, used_in=references_to(snapshot, Kind.POLICY, policy.name))
