"""How a step of one run is to a step of another."""

from __future__ import annotations

from enum import StrEnum


class StepRelation(StrEnum):
    SAME = "same"
    """Same step, same input and output."""
    CHANGED = "changed"
    """Same step, but something of it differs."""
    ONLY_LEFT = "only_left"
    ONLY_RIGHT = "only_right"
