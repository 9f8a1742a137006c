"""A process of its own that calls a connector: `python -m ... FOLDER CONNECTOR.json COUNT`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from roadworthy.contracts.tool_system import ToolSystem
from roadworthy.domain.connector import ConnectorKind
from tests.unit.gateway.connectors.world import CONTEXT, a_connector, with_system


def main() -> None:
    folder, told, count = sys.argv[1:]
    said = json.loads(told)
    connector = a_connector(
        ConnectorKind(said["kind"]), said["settings"], sealed=said["sealed"], timeout_s=20
    )

    async def work(system: ToolSystem) -> Any:
        calls = (system.call("find", {"id": number}, context=CONTEXT) for number in range(int(count)))
        return await asyncio.gather(*calls)

    with_system(connector, Path(folder), work)
    print("called", flush=True)


if __name__ == "__main__":
    main()
