"""How well a profile understands a legacy database of some 400 undocumented columns, whose truth is known.

Tuned on seeds 1 to 5, reported on seeds 101 to 105: `python -m benchmarks.profile`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.legacy_database import Legacy, make
from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.data_dictionary import Join, TableEntry
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.profile.joins import candidates, joined
from roadworthy.features.gateway.profile.opening import open_source
from roadworthy.features.gateway.profile.table import profile_table

ROWS = 1_000
TUNED_ON = range(1, 6)
REPORTED_ON = range(101, 106)


@dataclass
class Counted:
    right: int = 0
    missed: int = 0
    invented: int = 0

    def told(self) -> str:
        precision = self.right / max(1, self.right + self.invented)
        recall = self.right / max(1, self.right + self.missed)
        return f"precision {precision:.3f}  recall {recall:.3f}  ({self.right + self.missed} true)"


async def profiled(legacy: Legacy) -> tuple[list[TableEntry], list[Join]]:
    connector = Connector(
        project="default",
        name="legacy",
        kind=ConnectorKind.SQL,
        settings={"url": f"sqlite:///{legacy.path}"},
        allow_private=True,
    )
    parts = Parts(transport=HttpTransport(), unseal=str, folder=legacy.path.parent / "data" / "connectors")
    source = open_source(connector, parts)
    try:
        tables = [
            profile_table(await source.sample(name, rows=ROWS, seconds=60)) for name in await source.tables()
        ]
        joins = await joined(source, candidates(tables), rows=ROWS, seconds=60, most=200)
    finally:
        await source.close()
    return tables, joins


def measure(seeds: range, *, show: bool, numbered: float = 0.0) -> dict[str, Any]:
    types, units = Counted(), Counted()
    pii, keys, joins = Counted(), Counted(), Counted()
    wrong: Counter[str] = Counter()
    columns, took = 0, 0.0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            legacy = make(Path(folder) / "legacy.db", seed=seed, numbered=numbered)
            started = time.perf_counter()
            tables, found = asyncio.run(profiled(legacy))
            took += time.perf_counter() - started
        columns += len(legacy.fields)
        for table in tables:
            for one in table.fields:
                truth = legacy.fields[(table.name, one.name)]
                ok = one.type == truth.type
                types.right += ok
                types.missed += not ok
                if not ok:
                    wrong[f"type {one.name}: {one.type}, is {truth.type}"] += 1
                for said, true, counted, what in (
                    (one.pii, truth.pii, pii, "pii"),
                    (one.unit, truth.unit, units, "unit"),
                ):
                    counted.right += bool(true) and said == true
                    counted.missed += bool(true) and said != true
                    counted.invented += bool(said) and said != true
                    if said != true:
                        wrong[f"{what} {one.name}: {said!r}, is {true!r}"] += 1
                is_key = (table.name, one.name) in legacy.keys
                said_key = one.key in ("primary", "candidate")
                keys.right += is_key and said_key
                keys.missed += is_key and not said_key
                keys.invented += said_key and not is_key
                if said_key is not is_key:
                    wrong[f"key {one.name}: {said_key}"] += 1
        made = {(one.table, one.field, one.to_table, one.to_field) for one in found}
        joins.right += len(made & legacy.joins)
        joins.missed += len(legacy.joins - made)
        joins.invented += len(made - legacy.joins)
        wrong.update(f"join invented {one[1]} -> {one[2]}.{one[3]}" for one in made - legacy.joins)
        wrong.update(f"join missed {one[1]} -> {one[2]}.{one[3]}" for one in legacy.joins - made)
    print(f"{len(seeds)} databases, {columns} columns, {ROWS} rows a table, {took / len(seeds):.1f} s each")
    print(f"  types  {types.right / (types.right + types.missed):.3f} right")
    for name, counted in (("units", units), ("pii", pii), ("keys", keys), ("joins", joins)):
        print(f"  {name:6} {counted.told()}")
    if show:
        for line, often in wrong.most_common(40):
            print(f"    {often:4} {line}")
    return {"types": types, "units": units, "pii": pii, "keys": keys, "joins": joins}


if __name__ == "__main__":
    if "--tune" in sys.argv:
        measure(TUNED_ON, show=True)
    else:
        measure(REPORTED_ON, show="--show" in sys.argv)
        print("a third of the columns without a name that says anything:")
        measure(REPORTED_ON, show="--show" in sys.argv, numbered=0.33)
