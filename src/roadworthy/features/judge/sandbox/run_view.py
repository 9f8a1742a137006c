"""A run as a user's function is given it: plain JSON."""

from __future__ import annotations

from typing import Any

from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript


def run_view(transcript: Transcript) -> dict[str, Any]:
    """Times in ms, money in USD, None for unknown. Adding a field breaks nobody; taking one away does."""
    run = transcript.run
    return {
        "id": _text(run.id),
        "name": _text(run.name),
        "agent": _text(run.agent),
        "release": _text(run.release),
        "environment": _text(run.environment),
        "session": _text(run.session_id),
        "input": _text(transcript.asked),
        "answer": _text(transcript.answer),
        "status": run.status.value,
        "error": _text(run.error),
        "duration_ms": None if run.duration_ns is None else run.duration_ns / 1e6,
        "cost_usd": run.cost_usd,
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
        "attributes": {_text(key): _text(value) for key, value in run.attributes.items()},
        "messages": [_message(step) for step in transcript.sayings],
        "tools": [_tool(used) for used in transcript.tools],
    }


def _message(step: Saying) -> dict[str, Any]:
    return {
        "role": _text(step.role),
        "text": _text(step.text),
        "agent": _text(step.agent),
        "place": step.index,
    }


def _tool(used: ToolUse) -> dict[str, Any]:
    """`arguments` as sent: `json.loads` reads them where they are JSON."""
    ended = used.end_ns >= used.start_ns > 0
    return {
        "name": _text(used.name),
        "arguments": _text(used.arguments),
        "result": _text(used.result),
        "failed": used.failed,
        "error": _text(used.error),
        "duration_ms": (used.end_ns - used.start_ns) / 1e6 if ended else None,
        "place": used.index,
    }


def _text(text: str) -> str:
    """As UTF-8 can hold it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
