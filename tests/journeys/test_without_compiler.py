"""A product without its compiled part shows real traffic as one that has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roadworthy.kit.compiled import COMPILED
from tests import payloads, product

FOLDERS = ("langgraph-openinference", "openai-agents-otelgenai", "strands-native")
BY_PRODUCT = ("version", "received_at")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMPILED is None, reason="the compiled part is not there: make setup says why"),
]


def shown(folder: Path, sources: list[Path], **environment: str) -> list[dict[str, Any]]:
    """All runs with their steps, as the API gives them."""
    folder.mkdir()
    with product.running(product.product_in(folder, environment=environment)) as server:
        for source in sources:
            payloads.send_folder(server, source)
        server.wait_drained(seconds=60)
        ended = "&status=ok&status=error"
        product.wait_until(
            lambda: all(run["judged"] for run in server.all_runs(ended)), seconds=60, what="every run judged"
        )
        runs = []
        for listed in server.all_runs():
            run = server.json(f"/api/v1/runs/{listed['id']}")
            run["steps"] = server.json(f"/api/v1/runs/{listed['id']}/spans")
            runs.append(_of_every_product(run))
    return sorted(runs, key=lambda run: str(run["id"]))


def _of_every_product(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _of_every_product(item) for key, item in value.items() if key not in BY_PRODUCT}
    return [_of_every_product(item) for item in value] if isinstance(value, list) else value


def test_real_traffic_is_shown_the_same(tmp_path: Path, shared_data: Path) -> None:
    sources = [shared_data / "otlp" / name for name in FOLDERS]
    compiled = shown(tmp_path / "compiled", sources)
    plain = shown(tmp_path / "plain", sources, ROADWORTHY_COMPILED="0")
    assert len(compiled) > 10
    assert plain == compiled
