"""The metadata of a data folder, opened for one command. The server may run meanwhile: it sees the change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.wiring import wiring


@contextmanager
def metadata_of(context: typer.Context, data: Path | None) -> Iterator[MetadataStore]:
    """Of `data`, else of ROADWORTHY_DATA, else of the default folder."""
    wired = wiring(context)
    try:
        settings = wired.settings({} if data is None else {"data": data})
        opened = wired.open_metadata(settings.data)
    except ValueError as error:
        raise fail(str(error), code=2) from None
    except OSError as error:
        raise fail(f"cannot open the data folder: {error}") from None
    with opened as metadata:
        yield metadata
