"""All figures, one script after the other: `make bench`, or `python -m benchmarks.run --quick`.

Takes about two hours; nothing else should run on the machine. What was measured is printed and written to
artifacts/bench.json. A script that fails is reported as failed and the others go on; the exit code is 1 then.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import traceback
from datetime import UTC, datetime

from benchmarks import machine
from benchmarks.figures import SEED, Options, as_json, options, say
from benchmarks.servers import REPO

SCRIPTS = (
    "detect_failures",
    "detect_planted",
    "rank_steps",
    "judge_error",
    "monitors",
    "real_drifts",
    "watch",
    "sdk_call",
    "gateway",
    "gateway_mcp",
    "drill",
    "bisect",
    "replay",
    "restart",
    "visible",
    "queries",
    "kill",
    "ingest",
)
SECONDS = {
    "detect_failures": 0.0,
    "detect_planted": 0.0,
    "rank_steps": 0.0,
    "judge_error": 0.0,
    "monitors": 0.0,
    "real_drifts": 0.0,
    "watch": 0.0,
    "sdk_call": 5.0,
    "gateway": 0.0,
    "gateway_mcp": 0.0,
    "drill": 0.0,
    "bisect": 0.0,
    "replay": 0.0,
    "restart": 0.0,
    "visible": 120.0,
    "queries": 20.0,
    "kill": 0.0,
    "ingest": 60.0,
}


def main() -> int:
    chosen = options(__doc__ or "", seconds=0)
    described = machine.describe()
    print(f"machine: {json.dumps(described)}   seed: {SEED}   {'QUICK: not figures' if chosen.quick else ''}")
    report: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": described,
        "seed": SEED,
        "quick": chosen.quick,
    }
    failed = False
    for name in SCRIPTS:
        print(f"\n== {name}", flush=True)
        began = time.monotonic()
        seconds = chosen.seconds or (min(SECONDS[name], 8) if chosen.quick else SECONDS[name])
        here = Options(
            seconds=seconds,
            rounds=chosen.rounds,
            quick=chosen.quick,
            peers=chosen.peers,
            folder=chosen.folder,
        )
        try:
            figures = importlib.import_module(f"benchmarks.{name}").measure(here)
            say(figures)
            report[name] = as_json(figures)
        except Exception as fault:  # noqa: BLE001 - one figure that cannot be taken must not hide the others
            traceback.print_exc()
            print(f"{name}: FAILED: {fault}")
            report[name] = f"failed: {fault}"
            failed = True
        print(f"   ({time.monotonic() - began:.0f} s)", flush=True)
    out = REPO / "artifacts" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\nwritten to {out.relative_to(REPO)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
