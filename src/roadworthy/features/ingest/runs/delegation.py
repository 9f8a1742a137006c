"""Tools that are other agents: handing work on is no tool execution, and stays within the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from operator import attrgetter

from roadworthy.domain.run import Handoff
from roadworthy.features.ingest.handoffs import handoff_reason, handoff_target, is_handoff
from roadworthy.features.ingest.runs.duplicates import plain
from roadworthy.features.ingest.runs.node import (
    AGENT,
    CHAIN,
    HANDOFF,
    LLM,
    TOOL,
    TOOLS,
    WORKFLOW,
    Fields,
    Node,
    is_plumbing,
)

_AGENTS = frozenset({AGENT, WORKFLOW})
_AT_WORK = frozenset({AGENT, LLM})
_SDK = "roadworthy"
"""The scope of our SDK's own spans."""
_LONGEST_REASON = 2000
_CALLS_BEFORE = 8
"""Model calls looked into for the one that asked for a hand-off: siblings may have been at work meanwhile."""


def mark_delegations(nodes: Sequence[Node]) -> None:
    """A tool with an agent inside is a hand-off: a span of kind agent, or steps that name another agent than
    the one that called the tool, or model calls beside further tools, which is an agent at work under no
    name. `near` must be set."""
    thinking: set[int] = set()
    acting: set[int] = set()
    for node in nodes:
        near = node.near
        if near is None:
            continue
        tool = near if near.merged is None else near.head()
        if tool.kind is not TOOL:
            continue
        agent = node.span.agent
        other = bool(agent and tool.span.agent and agent != tool.span.agent)
        if node.kind in _AGENTS or (other and node.kind not in TOOLS):
            _delegate(tool, agent or _agent_in(node) or node.span.name)
        elif node.merged is None and (node.kind is LLM or node.kind in TOOLS):
            (thinking if node.kind is LLM else acting).add(id(tool))
            if id(tool) in thinking and id(tool) in acting:
                _delegate(tool, _child_name(tool))


def _delegate(tool: Node, to_agent: str) -> None:
    tool.kind = HANDOFF
    tool.handoff_to = tool.handoff_to or to_agent


def _agent_in(workflow: Node) -> str:
    """ADK runs an agent that is a tool as a workflow, which has no agent's name."""
    return next((k.span.agent for k in workflow.kids if k.kind is AGENT and k.span.agent), "")


def _child_name(tool: Node) -> str:
    """LangGraph's agent inside a tool is a chain named after it."""
    return next((k.span.name for k in tool.kids if k.kind is CHAIN), tool.tool_name)


def agent_names(nodes: Sequence[Node]) -> set[str]:
    return {plain(n.span.agent) for n in nodes if n.kind in _AGENTS and n.span.agent}


def names_an_agent(tool_name: str, agents: set[str]) -> bool:
    """`ask_billing_specialist` where an agent `billing_specialist` took part."""
    name = plain(tool_name)
    return any(len(agent) > 2 and agent in name for agent in agents)


def handoffs(nodes: Sequence[Node]) -> tuple[Handoff, ...]:
    """In order of time; where no step said it, a change of agent on the way down says it. One told twice (the
    tool's span and the framework's own) is one."""
    named = [n for n in nodes if n.span.agent]
    passed_on = [n for n in nodes if n.kind is HANDOFF and n.merged is None]
    calls = [n for n in nodes if n.kind is LLM]
    agents = [n for n in named if n.kind in _AT_WORK] or named
    if not passed_on and _one_did_it_all(agents, calls):
        return ()
    agents.sort(key=attrgetter("order"))
    calls.sort(key=attrgetter("order"), reverse=True)
    told = [h for n in passed_on if (h := _told(n, agents)).to_agent or not n.failed]
    found: list[Handoff] = []
    for handoff in sorted(
        told or _asked(calls, agents) or _changes(nodes), key=lambda h: (h.at_ns, h.span_id)
    ):
        if found and plain(found[-1].to_agent) == plain(handoff.to_agent):
            before = found[-1]
            reason = before.reason or handoff.reason
            from_agent = before.from_agent or handoff.from_agent
            found[-1] = replace(before, reason=reason, from_agent=from_agent)
        else:
            found.append(handoff)
    return tuple(replace(h, reason=(h.reason or _reason_given(h, calls))[:_LONGEST_REASON]) for h in found)


def _one_did_it_all(agents: Sequence[Node], calls: Sequence[Node]) -> bool:
    """Whether one agent alone was at work, and no call before it asked for it (`_asked`)."""
    if len({n.span.agent for n in agents}) > 1:
        return False
    begins = min([n.span.start_ns for n in agents], default=0)
    early = [n for n in calls if n.span.start_ns <= begins and '"tool_calls"' in n.span.output]
    asked = [c for n in early for m in n.said() for c in m.get("tool_calls", ())]
    return not any(is_handoff(str(c.get("name", ""))) for c in asked)


def _reason_given(handoff: Handoff, calls: Sequence[Node]) -> str:
    """What the model said when it asked for the hand-off: in the arguments of the call, else beside it, else
    in its thoughts. `calls` latest first."""
    target = plain(handoff.to_agent)
    before = (n for n in calls if n.span.start_ns <= handoff.at_ns and n.span.output)
    for node in islice(before, _CALLS_BEFORE):
        for message in node.said():
            asked = [c for c in message.get("tool_calls", ()) if _asks_for(c, target)]
            if asked:
                said = handoff_reason(str(asked[0].get("arguments", "")))
                return said or str(message.get("content") or "") or _thought(message)
    return ""


def _asks_for(call: Fields, target: str) -> bool:
    name, arguments = str(call.get("name", "")), str(call.get("arguments", ""))
    return target != "" and (target in plain(name) or plain(handoff_target(name, arguments)) == target)


def _thought(message: Fields) -> str:
    parts = message.get("parts", ())
    return next((str(p.get("text", "")) for p in parts if p.get("type") == "reasoning"), "")


def _told(node: Node, agents: Sequence[Node]) -> Handoff:
    """Who and to whom, from the span, else from the agents at work before and after it."""
    span = node.span
    at = span.start_ns
    to_agent = node.handoff_to or handoff_target(node.tool_name, span.input)
    from_agent = span.agent or _agent_above(node)
    if not from_agent or plain(from_agent) == plain(to_agent):
        # Nobody hands over to himself: a step back that the next agent's messages tell of.
        before = [n.span.agent for n in agents if n.span.start_ns <= at]
        from_agent = next((name for name in reversed(before) if plain(name) != plain(to_agent)), "")
    if not to_agent:
        after = (n.span.agent for n in agents if n.span.start_ns >= at)
        to_agent = next((name for name in after if plain(name) != plain(from_agent)), "")
    return Handoff(
        from_agent=from_agent,
        to_agent=to_agent,
        reason=handoff_reason(span.input),
        span_id=span.span_id,
        at_ns=at,
    )


def _asked(calls: Sequence[Node], agents: Sequence[Node]) -> list[Handoff]:
    """What models asked for and no step tells of: the framework took the call for itself, and then the agent
    it names went to work."""
    found = []
    last_at_work = {n.span.agent: n for n in agents}.values()
    latest = {plain(n.span.agent): n for n in sorted(last_at_work, key=lambda n: n.order)}
    # Where one agent alone was at work, only what came before it can have handed over to it.
    until = agents[0].span.start_ns if len(latest) == 1 else None
    for node in calls if latest else ():
        if until is not None and node.span.start_ns > until:
            continue
        if node.merged is not None or '"tool_calls"' not in node.span.output:
            continue
        at = node.span.end_ns or node.span.start_ns
        for call in (c for m in node.said() for c in m.get("tool_calls", ())):
            name, arguments = str(call.get("name", "")), str(call.get("arguments", ""))
            target = latest.get(plain(handoff_target(name, arguments))) if is_handoff(name) else None
            if target is not None and target.span.start_ns >= at:
                found.append(
                    Handoff(
                        from_agent=node.span.agent or _agent_above(node),
                        to_agent=target.span.agent,
                        reason=handoff_reason(arguments),
                        span_id=node.span.span_id,
                        at_ns=at,
                    )
                )
    return found


def _changes(nodes: Sequence[Node]) -> list[Handoff]:
    found = []
    wrapped = _wrapped(nodes)
    for node in nodes:
        if node.kind is not AGENT or not node.span.agent:
            continue
        above = _agent_above(node)
        if above and plain(above) != plain(node.span.agent) and id(node) not in wrapped:
            found.append(
                Handoff(
                    from_agent=above,
                    to_agent=node.span.agent,
                    span_id=node.span.span_id,
                    at_ns=node.span.start_ns,
                )
            )
    return found


def _wrapped(nodes: Sequence[Node]) -> set[int]:
    """Agents of a framework under a name our SDK gave to the whole: where the SDK's span has one such agent
    below it and takes no step of its own, both names are of one agent, and nothing was handed over."""
    steps: dict[int, list[Node]] = {}
    for node in nodes if any(n.span.scope == _SDK for n in nodes) else ():
        if node.merged is None and not _unnamed(node):
            above = node.near
            while above is not None and _unnamed(above):
                above = above.near
            if above is not None and above.span.scope == _SDK:
                steps.setdefault(id(above), []).append(node)
    found: set[int] = set()
    for below in steps.values():
        agents = [n for n in below if n.kind is AGENT and n.span.agent]
        if (
            len(agents) == len(below)
            and len({plain(n.span.agent) for n in agents}) == 1
            and agents[0].span.scope != _SDK
        ):
            found.update(id(n) for n in agents)
    return found


def _unnamed(node: Node) -> bool:
    """The span of a whole workflow, around those of its agents, or plumbing."""
    return is_plumbing(node.kind) or (node.kind in _AGENTS and not node.span.agent)


def _agent_above(node: Node) -> str:
    for above in node.ancestors():
        if above.kind is AGENT and above.span.agent:
            return above.span.agent
    return ""
