"""Intake records to canonical spans, scores and content of logs."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.contracts.intake import IntakeRecord
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.ingest.log_content import LogContent


@dataclass(slots=True, kw_only=True)
class Decoded:
    """What one record held. `spans` are normalised, not yet masked, priced or assembled into runs."""

    spans: list[Span] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    """`run_id` is empty: join by trace."""
    log_contents: list[LogContent] = field(default_factory=list)
    """Content that belongs to spans which may come in other records: see `log_content.join_content`."""
    rejections: list[Rejection] = field(default_factory=list)
    data_points: int = 0
    """Metrics are accepted and counted; their values are not kept yet."""


def decode(record: IntakeRecord, *, version: int) -> Decoded:
    """Read a record of signal TRACES, LOGS or METRICS. `version` is its offset in the intake log.

    Raises `otlp_body.BadBody` where the body as a whole cannot be read (a door lets none such in); never
    anything else, whatever the bytes. Single bad spans are left out and reported in `rejections`.
    """
    raise NotImplementedError
