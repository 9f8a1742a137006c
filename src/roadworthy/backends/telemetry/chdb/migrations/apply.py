"""Brings a folder's tables to the version of the code, one numbered step after another.

A step may be run twice (a crash between its statements and the note of it), so its statements must bear
that: CREATE ... IF NOT EXISTS, ADD COLUMN IF NOT EXISTS. Released steps are never changed; new ones go
to the end of `MIGRATIONS`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.backends.telemetry.chdb.engines import plain
from roadworthy.backends.telemetry.chdb.migrations import m0001_tables
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.contracts.telemetry import StoreUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    version: int
    name: str
    statements: Callable[[], list[str]]


MIGRATIONS: tuple[Migration, ...] = (Migration(version=1, name="tables", statements=m0001_tables.statements),)

_SCHEMA_VERSION = (
    "CREATE TABLE IF NOT EXISTS schema_version (version Int64, name String, at DateTime) "
    + plain(order_by="version")
)


def apply(session: Session) -> int:
    """The version reached. Raises StoreUnavailable where the folder was written by a newer release."""
    session.command(_SCHEMA_VERSION)
    current = int(session.rows("SELECT max(version) FROM schema_version")[0][0])
    newest = max(one.version for one in MIGRATIONS)
    if current > newest:
        raise StoreUnavailable(
            f"the telemetry folder has schema version {current}, this release knows up to {newest}: "
            "start the release that wrote it, or a later one"
        )
    for one in sorted(MIGRATIONS, key=lambda migration: migration.version):
        if one.version > current:
            log.info("telemetry store: migration %d (%s)", one.version, one.name)
            for statement in one.statements():
                session.command(statement)
            session.command(f"INSERT INTO schema_version SELECT {one.version:d}, '{one.name}', now()")
    return newest
