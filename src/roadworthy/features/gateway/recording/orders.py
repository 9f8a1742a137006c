"""What others want deleted: small files in a folder that the gateway, who alone writes recordings, obeys.

An order is there as a whole (written beside and renamed) and stays until it was carried out; each may be
carried out twice. So nothing has to answer while somebody deletes a project.
"""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import orjson

log = logging.getLogger(__name__)

_SUFFIX = ".order"


class OrderKind(StrEnum):
    FORGET_PROJECT = "forget_project"
    DROP_BEFORE = "drop_before"
    """Whole days before `day`."""
    FORGET_EXCHANGE = "forget_exchange"
    """Row and recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    kind: OrderKind
    project: str
    day: str = ""
    """YYYY-MM-DD, UTC."""
    exchange_id: str = ""


class OrderFolder:
    """Any process may give, one takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def give(self, order: Order) -> None:
        """On disk on return. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = uuid4().hex
        made = self._folder / f"{name}.new"
        fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(orjson.dumps(asdict(order)))
            file.flush()
            os.fsync(file.fileno())
        made.rename(self._folder / f"{name}{_SUFFIX}")

    def waiting(self) -> list[tuple[Path, Order]]:
        """One that cannot be read is said and put aside."""
        found: list[tuple[Path, Order]] = []
        try:
            names = sorted(os.listdir(self._folder))  # noqa: PTH208 (asked every second, mostly for nothing)
        except OSError:
            return found
        for path in (self._folder / name for name in names if name.endswith(_SUFFIX)):
            try:
                values = orjson.loads(path.read_bytes())
                found.append((path, Order(**{**values, "kind": OrderKind(values["kind"])})))
            except (OSError, ValueError, TypeError, KeyError) as fault:
                log.error(
                    "an order to delete recordings cannot be read and is put aside: %s: %s", path, fault
                )
                with contextlib.suppress(OSError):
                    path.rename(path.with_suffix(".unreadable"))
        return found

    @staticmethod
    def done(path: Path) -> None:
        path.unlink(missing_ok=True)
