"""One message of a chat, whichever provider or framework it came from.

Not frozen, as `Span` is not: six of them are built for each model call, where frozen construction costs three
times as much. Treat them as frozen.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class ToolCall:
    """A tool the model asked for. `arguments` is the JSON text as sent (it may be broken JSON)."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True, kw_only=True)
class Part:
    """A piece of a message that is no plain text: `type` is image, audio, file, reasoning, refusal ..."""

    type: str
    text: str = ""
    """Text of the part, or the JSON of what it holds."""
    mime_type: str = ""
    uri: str = ""


@dataclass(slots=True, kw_only=True)
class Message:
    """`role` is system, user, assistant or tool (developer counts as system, model and ai as assistant).

    Stored as JSON with the keys of these fields, empty ones left out.
    """

    role: str
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    """On role tool: which call this answers."""
    name: str = ""
    """Name of the tool (role tool) or of the speaking agent."""
    parts: tuple[Part, ...] = ()
    finish_reason: str = ""
