"""Logging of all processes: one line an event, on standard error."""

from __future__ import annotations

import logging
import sys


def set_up_logging(level: str, *, role: str) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format=f"%(asctime)s %(levelname)s {role} %(name)s: %(message)s",
        force=True,
    )
    for noisy in ("uvicorn.error", "httpx", "clickhouse_connect", "mcp", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))
