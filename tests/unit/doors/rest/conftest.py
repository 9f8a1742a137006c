"""Fixtures: the REST app, open and guarded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.rest.desk import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """On loopback, nobody has to log in."""
    opened = open_desk(tmp_path, RestSettings(version="test", static_dir=tmp_path / "static"))
    yield opened
    opened.metadata.close()


@pytest.fixture
def guarded_desk(tmp_path: Path) -> Iterator[Desk]:
    """Everybody has to say who they are."""
    opened = open_desk(
        tmp_path, RestSettings(version="test", login_required=True, static_dir=tmp_path / "static")
    )
    yield opened
    opened.metadata.close()
