"""Chats that other people recorded: twenty frameworks' observations, and real providers' HTTP bodies."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from roadworthy.features.ingest.messages.parse import dump_messages, parse_messages
from tests.payloads import REPO

ROLES = {"model": "assistant", "ai": "assistant", "human": "user", "developer": "system"}


def listed_differences() -> set[tuple[str, str, str]]:
    """(fixture, observation, side) of each row of docs/reference/chat-fixtures.md."""
    page = (REPO / "docs/reference/chat-fixtures.md").read_text()
    return set(re.findall(r"^\| ([a-z0-9-]+) \| ([0-9a-f]{16}) \| (input|output) \|", page, re.MULTILINE))


def fixtures(folder: Path) -> Iterator[tuple[str, str, str, Any, Any]]:
    """(fixture, observation, side, what was recorded, expected messages or None where it gives no chat)."""
    for path in sorted(folder.glob("*.chatml.json")):
        name = path.name.removesuffix(".chatml.json")
        trace = json.loads((folder / f"{name}.trace.json").read_text())
        recorded = {observation["id"]: observation for observation in trace["observations"]}
        for observation, sides in json.loads(path.read_text()).items():
            for side, expected in sides.items():
                is_chat = expected["success"] and any("role" in m or "content" in m for m in expected["data"])
                chat = expected["data"] if is_chat else None
                yield name, observation, side, recorded[observation][side], chat


def differ(expected: list[dict[str, Any]], ours: list[dict[str, Any]]) -> bool:
    return len(expected) != len(ours) or any(
        normal(want, like=want) != normal(have, like=want) for want, have in zip(expected, ours, strict=True)
    )


def normal(message: dict[str, Any], *, like: dict[str, Any]) -> dict[str, Any]:
    """The normal form that the page states; only what `like` names is compared of names and answered ids."""
    content = message.get("content") or ""
    calls = [(c.get("id", ""), c["name"], c.get("arguments", "")) for c in message.get("tool_calls", ())]
    if isinstance(content, list):
        blocks = [part if isinstance(part, dict) else {"text": part} for part in content]
        calls += [(b["id"], b["name"], compact(b["input"])) for b in blocks if b.get("type") == "tool_use"]
        content = "\n".join(block["text"] for block in blocks if "text" in block)
    form = {"content": content, "calls": calls}
    if "role" in like:
        form["role"] = ROLES.get(message["role"], message["role"])
    for key in ("tool_call_id", "name"):
        if key in like:
            form[key] = message.get(key, "")
    return form


def test_twenty_frameworks_read_as_the_chat_that_is_expected(shared_data: Path) -> None:
    differences, compared, others = set(), 0, 0
    for name, observation, side, recorded, expected in fixtures(
        shared_data / "traces/otel_payloads/langfuse_framework_traces"
    ):
        messages = parse_messages(recorded, default_role="user" if side == "input" else "assistant")
        if expected is None:
            others += 1
            continue
        compared += 1
        if differ(expected, json.loads(dump_messages(messages))):
            differences.add((name, observation, side))
    assert differences == listed_differences()
    assert (compared, others) == (92, 94)


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


NO_CHAT = re.compile(
    r"/(embeddings|embed|rerank|traces/ingest|generations|assistants|threads|telemetry|runs|asst_\w+)"
)
"""Addresses whose bodies are no chat: vectors, rankings, images, telemetry, empty threads."""


def cassettes(folder: Path) -> Iterator[tuple[str, str, str | bytes]]:
    """(where, request or response, body) of every recorded call of a chat."""
    for path in sorted(folder.rglob("*.yaml")):
        for call in yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["interactions"]:
            if NO_CHAT.search(call["request"]["uri"]):
                continue
            for side in ("request", "response"):
                body = call[side]["body"]
                body = body.get("string") if isinstance(body, dict) else body
                if isinstance(body, bytes) and body[:2] == b"\x1f\x8b":
                    body = gzip.decompress(body)
                yield f"{path.name} {call['request']['uri']}", side, body


def is_error(body: str | bytes) -> bool:
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        loaded = json.loads(text)
    except ValueError:
        return False
    return isinstance(loaded, dict) and ("error" in loaded or "detail" in loaded)


def test_what_real_providers_sent_reads_as_chats(shared_data: Path) -> None:
    unread, silent, read = [], [], 0
    for where, side, body in cassettes(shared_data / "traces/otel_payloads/openllmetry_cassettes"):
        if not body or is_error(body) or (isinstance(body, str) and body[:1] == "<"):
            continue
        messages = parse_messages(body, default_role="user" if side == "request" else "assistant")
        read += 1
        if not messages:
            unread.append((where, side))
        elif side == "response" and {message.role for message in messages} - {"assistant", "tool"}:
            unread.append((where, "roles of the response"))
        elif not any(m.content or m.tool_calls or m.parts or m.finish_reason for m in messages):
            silent.append((where, side))
    assert (unread, silent) == ([], [])
    assert read > 900


def test_a_streamed_answer_equals_its_unstreamed_form(shared_data: Path) -> None:
    """Text of a stream is what its text deltas say, put together by nobody but this test."""
    folder = shared_data / "traces/otel_payloads/openllmetry_cassettes/anthropic"
    streams = 0
    for _, side, body in cassettes(folder):
        text = body.decode() if isinstance(body, bytes) else body
        if side != "response" or not text.startswith("event:"):
            continue
        events = [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data:")]
        deltas = [event.get("delta", {}) for event in events if event["type"] == "content_block_delta"]
        said = "".join(delta.get("text", "") for delta in deltas)
        messages = parse_messages(body, default_role="assistant")
        assert "".join(message.content for message in messages) == said
        streams += 1
    assert streams > 20
