"""Writes what was measured into the pages that say what is proven: monitors-proof.md and bisect.md.

python -m benchmarks.proof_page [FILE]     FILE is what `make bench` wrote (artifacts/bench.json)
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.servers import REPO

REFERENCE = REPO / "docs" / "reference"
PAGES = {"monitors-proof.md": ("monitors", "real_drifts"), "bisect.md": ("bisect", "replay")}


def table(figures: list[dict[str, Any]]) -> str:
    rows = ["| what | must | measured | beside |", "|---|---|---|---|"]
    for figure in figures:
        ours = "–" if figure["ours"] is None else _said(figure["ours"], figure["unit"])
        sign = {True: "", False: " **not met**", None: ""}[figure["met"]]
        beside = "; ".join(f"{name}: {_value(value)}" for name, value in figure["beside"].items())
        rows.append(f"| {figure['what']} | {figure['must']} | {ours}{sign} | {beside} |")
    return "\n".join(rows)


def _said(value: float, unit: str) -> str:
    return f"{_value(value)} {unit}".strip()


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return re.sub(r"(\d)%", r"\1 %", value)
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def written(page: str, report: dict[str, Any], *, parts: Sequence[str]) -> str:
    """The page with each table between its marks replaced. Parts that were not measured, or failed, stay."""
    for part in parts:
        figures = report.get(part)
        if isinstance(figures, list):
            marks = re.compile(rf"(<!-- measured: {part} -->\n).*?(<!-- end -->)", re.DOTALL)
            filled = f"{table(figures)}\n\nMachine: {report['machine']['cpu']}, seed {report['seed']}.\n"
            page = marks.sub(lambda found, filled=filled: found[1] + filled + found[2], page)  # type: ignore[misc]
    return page


def main() -> int:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "artifacts" / "bench.json"
    report = json.loads(source.read_text())
    if report["quick"]:
        print("these are no figures: they were taken with --quick")
        return 1
    for name, parts in PAGES.items():
        page = REFERENCE / name
        page.write_text(written(page.read_text(), report, parts=parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
