"""Writes features/judge/measured.json from what `roadworthy eval-detectors --data DIR --json` printed."""

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


def main() -> None:
    report = json.load(sys.stdin)
    figures = {
        one.name: {"version": one.version, "held_out": found}
        for one in DETECTORS
        if (found := held_out(report, one.name))
    }
    FILE.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
