"""Brings a metadata database up to date, with Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0002"
"""The newest migration in `migrations/versions`; a test holds this against the folder."""


class NewerDatabase(Exception):  # noqa: N818 (a condition the person at the terminal can mend)
    """The file was written by a later version of Roadworthy; this one does not know its tables."""


def migrate(engine: Engine) -> None:
    """Does nothing where the database is up to date. All of it is one transaction."""
    with engine.begin() as connection:
        found = _revision(connection)
        if found == HEAD:
            return
        # Imported late: Alembic takes as long to import as the rest of the store together.
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise NewerDatabase(
                f"the metadata database is at revision {found}, "
                f"this version of Roadworthy knows up to {HEAD}: "
                "install the version that wrote it, or a later one"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
