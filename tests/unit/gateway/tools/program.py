"""An MCP server that is a program, without a library; what it does wrong stands in its arguments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

HOW = sys.argv[1] if len(sys.argv) > 1 else "honest"


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def call(number: int, name: str, arguments: dict[str, Any]) -> None:
    if name == "hang":
        while True:
            time.sleep(1)
    if name == "die":
        os._exit(3)
    if name == "spawn":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        return say({"id": number, "result": {"content": [{"type": "text", "text": str(child.pid)}]}})
    if name == "shout":
        sys.stdout.write("x" * int(arguments["bytes"]) + "\n")
    if name == "chatter":
        sys.stdout.write("hello\n{not json\n[1]\n")
    if name == "garbage":
        sys.stdout.write("garbage\n" * 1000)
        sys.stdout.flush()
        return None
    if name == "grow":
        say({"method": "notifications/tools/list_changed"})
    if name == "slowly":
        token = json.loads(arguments["meta"])["progressToken"]
        for told in ({"progressToken": token, "progress": 1, "total": 2, "message": "half"}, {"progress": 2}):
            say({"method": "notifications/progress", "params": told})
    if name == "environment":
        return say({"id": number, "result": {"content": [], "structuredContent": dict(os.environ)}})
    text = f"{os.getpid()}"
    return say({"id": number, "result": {"content": [{"type": "text", "text": text}]}})


def main() -> None:
    sys.stderr.write("started with token sk-ant-api03-" + "A" * 93 + "-" + "B" * 6 + "AA\n")
    sys.stderr.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        number, method = asked.get("id"), asked.get("method")
        if number is None:
            continue
        if method == "initialize" and HOW == "modern":
            say(
                {
                    "id": number,
                    "error": {"code": -32022, "message": "no", "data": {"supported": ["2026-07-28"]}},
                }
            )
        elif method == "initialize":
            say({"id": number, "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}})
        elif method == "server/discover":
            say(
                {"id": number, "result": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}}
            )
        elif method == "tools/list":
            names = ["pid", "hang", "die", "spawn", "shout", "chatter", "garbage", "environment"]
            hints = {"readOnlyHint": True}
            tools = [{"name": n, "inputSchema": {"type": "object"}, "annotations": hints} for n in names]
            say({"id": number, "result": {"tools": tools}})
        elif method == "tools/call":
            arguments = asked["params"]["arguments"]
            if "_meta" in asked["params"]:
                arguments["meta"] = json.dumps(asked["params"]["_meta"])
            call(number, asked["params"]["name"], arguments)
        else:
            say({"id": number, "error": {"code": -32601, "message": "?"}})


if __name__ == "__main__":
    main()
