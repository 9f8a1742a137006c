"""That an agent's chain from alarm to person works: a test page that was delivered, and that somebody took.

Kept as a record of kind `page-proof`, one for each agent, replaced by each later proof. Its id is the agent's
name (of names over 150 characters, the first 100 and a hash), its body JSON:

    {"agent": "support", "at_ns": 1764000000000000000, "by": "ann", "seconds": 41.2, "incident_id": "..."}

`at_ns` is when it was acknowledged, `seconds` how long that took from the page on. The registry reads it to
say when an agent's on-call was last proven.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.incident import Incident
from roadworthy.domain.notification import Delivery, DeliveryState, Happening

KIND = "page-proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageProof:
    agent: str
    at_ns: int
    by: str
    seconds: float
    incident_id: str


def proof_id(agent: str) -> str:
    if len(agent) <= 150:
        return agent
    return f"{agent[:100]}-{hashlib.sha256(agent.encode()).hexdigest()[:32]}"


def was_reached(delivery: Delivery, incident_id: str) -> bool:
    """Whether it told somebody of the incident: alone, or in a digest."""
    said = delivery.notification
    if delivery.state is not DeliveryState.DELIVERED or said.happening is not Happening.TRIGGER:
        return False
    return incident_id in {said.incident_id, *(one.incident_id for one in said.digest)}


def proof_record(incident: Incident, *, by: str, now_ns: int) -> Record:
    agent = incident.agents[0] if incident.agents else ""
    proof = PageProof(
        agent=agent,
        at_ns=now_ns,
        by=by,
        seconds=round((now_ns - incident.opened_ns) / 1e9, 3),
        incident_id=incident.id,
    )
    return as_record(proof, project=incident.project, kind=KIND, record_id=proof_id(agent), at_ns=now_ns)


def page_proof(metadata: MetadataStore, *, project: str, agent: str) -> PageProof | None:
    """When the agent's chain was last proven; None for never."""
    record = metadata.record(project, KIND, proof_id(agent))
    return None if record is None else read_record(PageProof, record)
