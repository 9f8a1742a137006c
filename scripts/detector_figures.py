"""Writes features/judge/measured.json from what was measured.

roadworthy eval-detectors --data DIR --json > labelled.json
python -m benchmarks.detect_planted --data DIR --json > planted.json
python scripts/detector_figures.py labelled.json planted.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from roadworthy.features.judge.detectors.table import DETECTORS

FILE = Path(__file__).resolve().parents[1] / "src/roadworthy/features/judge/measured.json"


def held_out(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Of the sets that say whether a run failed."""
    found = []
    for dataset in report["datasets"]:
        half = next((one for one in dataset["halves"] if one["half"] == "held-out"), None)
        told = [one for one in dataset["detectors"] if (one["name"], one["half"]) == (name, "held-out")]
        if dataset["measures_outcome"] and half is not None and told:
            found.append(
                {
                    "dataset": dataset["dataset"],
                    "n": half["n"],
                    "failures": half["failures"],
                    "found": told[0]["fired"],
                    "true": told[0]["true"],
                }
            )
    return found


def planted(report: list[dict[str, Any]], name: str) -> dict[str, int] | None:
    for one in report:
        if (one["detector"], one["half"]) == (name, "held-out"):
            return {key: one[key] for key in ("planted", "found", "good", "alarms")}
    return None


def main() -> None:
    labelled, faults = (json.loads(Path(name).read_text()) for name in sys.argv[1:3])
    figures = {
        one.name: {
            "version": one.version,
            "held_out": held_out(labelled, one.name),
            "planted": planted(faults, one.name),
        }
        for one in DETECTORS
    }
    FILE.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
