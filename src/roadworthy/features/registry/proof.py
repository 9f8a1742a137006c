"""Proof that a page reaches somebody: what was written down when on-call last acknowledged a test page."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from roadworthy.contracts.metadata import MetadataStore

RECORD_KIND = "page_proof"
"""Written by whoever sends test pages; one record an agent, its id the agent's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageProof:
    """`sent_ns` and `by` are 0 and "" where the record does not say them."""

    agent: str
    acknowledged_ns: int
    sent_ns: int = 0
    by: str = ""
    """Who acknowledged it."""


def proofs(metadata: MetadataStore, project: str) -> dict[str, PageProof]:
    """By agent. Records that cannot be read prove nothing and are left out."""
    found: dict[str, PageProof] = {}
    for record in metadata.records(project, RECORD_KIND):
        try:
            said = orjson.loads(record.body)
            agent = str(said.get("agent") or record.id)
            proof = PageProof(
                agent=agent,
                acknowledged_ns=int(said["acknowledged_ns"]),
                sent_ns=int(said.get("sent_ns") or 0),
                by=str(said.get("by") or ""),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if proof.acknowledged_ns > 0:
            found[agent] = proof
    return found
