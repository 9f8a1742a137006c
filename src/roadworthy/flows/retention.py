"""When a day is over, then what a project no longer keeps is dropped."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.features.gateway.recording.service import RecordingService
from roadworthy.features.observe.deleted_projects import DeletedProjects

log = logging.getLogger(__name__)


def drop_expired(
    *,
    metadata: MetadataStore,
    telemetry: TelemetryStore,
    recordings: RecordingService,
    deleted: DeletedProjects,
    now: datetime | None = None,
) -> int:
    """Drop the days beyond each project's retention; how many days of runs went. Recordings of those days the
    gateway is told to drop. What is left of deleted projects goes too. Doing it twice changes nothing."""
    today = (now or datetime.now(UTC)).date()
    dropped = deleted.sweep()
    for project in metadata.projects():
        if project.retention_days is None:
            continue
        first_kept = today - timedelta(days=project.retention_days)
        gone = telemetry.drop_days_before(project.id, first_kept.isoformat())
        if gone:
            log.info("dropped %d days of project %s before %s", gone, project.id, first_kept)
        dropped += gone
        recordings.drop_before(project.id, first_kept.isoformat())
    return dropped
