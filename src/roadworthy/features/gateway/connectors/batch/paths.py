"""Where the tables of a batch connector lie."""

from __future__ import annotations

from pathlib import Path

from roadworthy.domain.connector import Connector


def tables_file(folder: Path, connector: Connector) -> Path:
    """`folder` is DATA/connectors. Written by the core alone; the gateway reads it."""
    return folder / connector.project / f"{connector.name}.db"


def loading_file(folder: Path, connector: Connector) -> Path:
    """Rows of the file that is being loaded: of no use once its rows are in the table."""
    return folder / connector.project / f"{connector.name}.loading.db"


def spool_folder(folder: Path, connector: Connector) -> Path:
    """Files that were fetched from elsewhere."""
    return folder / connector.project / f"{connector.name}.spool"
