"""The files that agents and owners are read from."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from roadworthy.features.registry.imports.backstage import read_backstage
from roadworthy.features.registry.imports.codeowners import read_codeowners
from roadworthy.features.registry.imports.csv_file import read_csv
from roadworthy.features.registry.imports.people import KnownNames
from roadworthy.features.registry.imports.wish import Draft, ImportOptions


class ImportFormat(StrEnum):
    BACKSTAGE = "backstage"
    CODEOWNERS = "codeowners"
    CSV = "csv"


READERS: dict[ImportFormat, Callable[[str, KnownNames, ImportOptions], Draft]] = {
    ImportFormat.BACKSTAGE: read_backstage,
    ImportFormat.CODEOWNERS: read_codeowners,
    ImportFormat.CSV: read_csv,
}
