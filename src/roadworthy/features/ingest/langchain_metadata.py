"""What LangChain hands to every tracer as the metadata of a run: who the agent is, in which conversation.

Source: `langchain.agents.create_agent` (`lc_agent_name`) and LangSmith's docs, "Configure threads".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from roadworthy.domain.span import Span
from roadworthy.features.ingest.any_value import as_text


def put_metadata(span: Span, get: Callable[[str], Any]) -> None:
    """Fill what the span does not have yet. `get` gives the value of a name, None where there is none."""
    if not span.agent:
        span.agent = as_text(get("lc_agent_name"))
    if not span.session_id:
        span.session_id = as_text(get("session_id") or get("thread_id") or get("conversation_id"))
    if not span.user_id:
        span.user_id = as_text(get("user_id"))
