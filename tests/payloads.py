"""The real OTLP bodies of `shared/data`, read in place."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.product import Product

REPO = Path(__file__).resolve().parent.parent


def shared_data() -> Path | None:
    """`shared/data` beside this checkout or a folder above it; ROADWORTHY_SHARED names another `shared`."""
    named = os.environ.get("ROADWORTHY_SHARED")
    candidates = [Path(named)] if named else [folder / "shared" for folder in REPO.parents]
    return next((each / "data" for each in candidates if (each / "data").is_dir()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One request as an agent's exporter sent it."""

    path: str
    """/v1/traces, /v1/logs or /v1/metrics."""
    content_type: str
    encoding: str
    """"" or "gzip": how it was sent. The files hold it unpacked."""
    content: bytes


def bodies_of(folder: Path) -> Iterator[Body]:
    """The requests of one folder of data/otlp, in the order they were sent."""
    for line in (folder / "index.jsonl").read_text().splitlines():
        entry: dict[str, Any] = json.loads(line)
        yield Body(
            path=f"/v1/{entry['signal']}",
            content_type=entry["content_type"],
            encoding=entry["encoding"],
            content=(folder / entry["file"]).read_bytes(),
        )


def send_folder(to: Product, folder: Path) -> int:
    """Posts every body of one folder of data/otlp; how many."""
    sent = 0
    for body in bodies_of(folder):
        content: bytes = body.content
        headers: dict[str, str] = {}
        if body.encoding == "gzip":
            content, headers = gzip.compress(content), {"content-encoding": "gzip"}
        answer = to.send(content, signal_path=body.path, content_type=body.content_type, headers=headers)
        assert answer.status == 200, f"{folder.name}: {answer.status} {answer.body[:300]!r}"
        sent += 1
    return sent
