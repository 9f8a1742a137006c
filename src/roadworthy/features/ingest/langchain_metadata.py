"""What LangChain hands to every tracer as the metadata of a run: who the agent is, in which conversation.

Source: `langchain.agents.create_agent` (`lc_agent_name`), `langgraph.pregel` (`langgraph_checkpoint_ns`) and
LangSmith's docs, "Configure threads".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from roadworthy.domain.span import Span
from roadworthy.features.ingest.any_value import as_text


def put_metadata(span: Span, get: Callable[[str], Any]) -> None:
    """Fill what the span does not have yet. `get` gives the value of a name, None where there is none."""
    if not span.agent:
        span.agent = as_text(get("lc_agent_name")) or _graph_of(as_text(get("langgraph_checkpoint_ns")))
    if not span.session_id:
        span.session_id = as_text(get("session_id") or get("thread_id") or get("conversation_id"))
    if not span.user_id:
        span.user_id = as_text(get("user_id"))


_NODES_OF_AGENTS = frozenset({"agent", "tools"})
"""What `langgraph.prebuilt.create_react_agent` calls its nodes."""


def _graph_of(place: str) -> str:
    """The agent among others that a node belongs to, where it says no name: `triage:<id>|agent:<id>`."""
    path = [part.partition(":")[0] for part in place.split("|")]
    return path[-2] if len(path) > 1 and path[-1] in _NODES_OF_AGENTS else ""
