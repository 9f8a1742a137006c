"""Proof that a page reaches somebody: what was written down when on-call last acknowledged a test page."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from roadworthy.contracts.metadata import MetadataStore

RECORD_KIND = "page-proof"
"""Written with the incidents when a test page was acknowledged: one record an agent, its body JSON with
`agent`, `at_ns` (when it was acknowledged), `by`, `seconds` (since the page) and `incident_id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageProof:
    agent: str
    acknowledged_ns: int
    by: str = ""
    """Who acknowledged it."""
    seconds: float = 0.0
    """From the page to the acknowledgement."""
    incident: str = ""
    """Id of the incident that the test page was."""


def proofs(metadata: MetadataStore, project: str) -> dict[str, PageProof]:
    """By agent. Records that cannot be read prove nothing and are left out."""
    found: dict[str, PageProof] = {}
    for record in metadata.records(project, RECORD_KIND):
        try:
            said = orjson.loads(record.body)
            proof = PageProof(
                agent=str(said["agent"]),
                acknowledged_ns=int(said["at_ns"]),
                by=str(said.get("by") or ""),
                seconds=float(said.get("seconds") or 0.0),
                incident=str(said.get("incident_id") or ""),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        found[proof.agent] = proof
    return found
