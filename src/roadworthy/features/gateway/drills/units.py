"""Units of the fields of a tool's results, as the system's data dictionary has them."""

from __future__ import annotations

from roadworthy.domain.data_dictionary import DataDictionary


def units_in(dictionary: DataDictionary | None) -> dict[str, str]:
    """By name of the field, where all its tables agree."""
    found: dict[str, str] = {}
    doubtful: set[str] = set()
    for table in dictionary.tables if dictionary else ():
        for field in table.fields:
            if field.unit and found.setdefault(field.name, field.unit) != field.unit:
                doubtful.add(field.name)
    return {name: unit for name, unit in found.items() if name not in doubtful}
