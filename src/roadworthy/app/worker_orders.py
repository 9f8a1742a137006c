"""What the core tells its worker to do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

ORDERS_VARIABLE = "ROADWORTHY_WORKER_ORDERS"
"""Environment variable with the orders as JSON, core to worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOrders:
    """The settings a worker needs, without the library that reads settings: it is to stay small."""

    intake: str
    """Folder of the intake log."""
    handing: str
    """Folder for files on their way to the core; the worker's own."""
    memory_bytes: int
    """For the spans of runs that may still change."""
    log_level: str
    self_telemetry: str | None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerOrders:
        return cls(**json.loads(text))

    @property
    def intake_folder(self) -> Path:
        return Path(self.intake)

    @property
    def handing_folder(self) -> Path:
        return Path(self.handing)
