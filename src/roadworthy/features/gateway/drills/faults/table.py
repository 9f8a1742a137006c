"""What each fault of data does to a JSON value, in one visible table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from roadworthy.features.gateway.drills.fault import PlannedFault
from roadworthy.features.gateway.drills.faults.duplicated import with_twin
from roadworthy.features.gateway.drills.faults.empty import emptied
from roadworthy.features.gateway.drills.faults.injected import with_instruction
from roadworthy.features.gateway.drills.faults.stale import aged
from roadworthy.features.gateway.drills.faults.wrong_schema import other_schema
from roadworthy.features.gateway.drills.faults.wrong_units import other_units

Units = Mapping[str, str]
"""Of a tool's result: the unit by path (`orders[].total`) or name of the field."""
Change = Callable[[Any, PlannedFault, Units], Any | None]
"""Pure: a changed copy, or None where the fault finds nothing to be in."""

CHANGES: dict[str, Change] = {
    "empty": lambda value, fault, units: emptied(value),
    "stale": lambda value, fault, units: aged(value, age_s=fault.setting("age_s")),
    "wrong_schema": lambda value, fault, units: other_schema(value, seed=fault.seed),
    "wrong_units": lambda value, fault, units: other_units(
        value, seed=fault.seed, factor=fault.setting("factor"), units=units
    ),
    "duplicated": lambda value, fault, units: with_twin(value, seed=fault.seed),
    "injected": lambda value, fault, units: with_instruction(value, seed=fault.seed),
}
