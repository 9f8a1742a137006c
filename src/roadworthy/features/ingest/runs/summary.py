"""The nodes of one run to the run people look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TypeVar

from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.span import Span, SpanFlag, SpanKind
from roadworthy.features.ingest.runs.answers import answer_of, last_call, question_of
from roadworthy.features.ingest.runs.delegation import handoffs
from roadworthy.features.ingest.runs.node import (
    AGENT,
    AGGREGATE,
    HANDOFF,
    INFERRED,
    INFERRED_ERROR,
    LLM,
    NEGATIVE_RESULT,
    ORPHAN,
    TOOL,
    WORKFLOW,
    Node,
)
from roadworthy.features.ingest.runs.team_messages import first_request

_N = TypeVar("_N", int, float)

_AGENTS = frozenset({AGENT, WORKFLOW})
_AT_WORK = frozenset({AGENT, WORKFLOW, LLM})
_ASIDE = frozenset({TOOL, HANDOFF, SpanKind.GUARDRAIL, SpanKind.EVALUATOR})
"""Agents below these answer them, not the caller."""
_PASSED_ON = (SpanFlag.CLOCK_SKEW, SpanFlag.MASKED, SpanFlag.TRUNCATED, SpanFlag.PARENT_CYCLE)
_STEP_ATTRIBUTES = 64
_STEP_ATTRIBUTE_LENGTH = 200
_PAID = frozenset({LLM, SpanKind.EMBEDDING, SpanKind.RERANKER})


@dataclass(slots=True)
class _Tokens:
    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    cost: float | None = None
    unknown: bool = False
    """Some call did not say: the sums are lower bounds."""


def summarise(nodes: Sequence[Node]) -> Run:
    """`nodes` are all of one run, parents first, inferred ones included."""
    flags = {flag for node in nodes if node.flags for flag in node.flags}
    real = [n for n in nodes if INFERRED not in n.flags] if INFERRED in flags else nodes
    # A run that is part of a trace has its root below a span that belongs to none.
    roots = [n for n in real if n.parent is None] or real[:1]
    root = _main_root(roots)
    calls = [n for n in nodes if n.kind is LLM]
    by_start = sorted(real, key=attrgetter("order"))
    first = by_start[0].span
    spans = [n.span for n in real]
    ends = [s.end_ns for s in spans]
    merged = [n for n in nodes if n.merged is not None]
    run = Run(
        project=root.span.project,
        id=first.trace_id,
        sort_ns=first.start_ns,
        version=max([s.version for s in spans]),
        trace_ids=tuple(dict.fromkeys([n.order[1] for n in by_start])),
        root_span_id=root.span.span_id,
        spans=len(nodes),
        merged_spans=len(merged),
        missing_parents=_missing_parents(real) if ORPHAN in flags else 0,
        unended_spans=ends.count(0),
        dialects=tuple(sorted({n.span.dialect for n in nodes} - {""})),
        attributes=root.span.attributes,
        step_attributes=_step_attributes(root, real),
    )
    _name(run, root, real)
    _count(run, nodes, calls)
    tokens = _tokens(nodes, calls)
    run.input_tokens, run.output_tokens = tokens.input, tokens.output
    run.cache_read_tokens, run.cache_write_tokens = tokens.cache_read, tokens.cache_write
    run.reasoning_tokens, run.cost_usd = tokens.reasoning, tokens.cost
    run.started_ns = first.start_ns
    if not _waiting(roots):
        run.ended_ns = max(by_start[-1].span.start_ns, *ends)
        run.duration_ns = max(0, run.ended_ns - run.started_ns)
    _end(run, root, roots, nodes, calls)
    _judge(run, real)
    run.handoffs = handoffs(nodes)
    passed: list[str] = [flag for flag in _PASSED_ON if flag in flags]
    if tokens.unknown and tokens.input is not None:
        passed.append("partial_tokens")
    if INFERRED in flags and any(INFERRED in n.flags for n in calls):
        passed.append("inferred_model_calls")
    run.flags = tuple(passed)
    return run


def _step_attributes(root: Node, nodes: Sequence[Node]) -> dict[str, str]:
    said: dict[str, str] = {}
    for node in reversed(nodes):
        said.update(node.span.attributes)
    own = root.span.attributes
    found = {
        key: value for key, value in said.items() if key not in own and len(value) <= _STEP_ATTRIBUTE_LENGTH
    }
    if len(found) > _STEP_ATTRIBUTES:
        found = {key: found[key] for key in sorted(found)[:_STEP_ATTRIBUTES]}
    return found


def _missing_parents(nodes: Sequence[Node]) -> int:
    return len({n.span.parent_id for n in nodes if ORPHAN in n.flags})


def _main_root(roots: Sequence[Node]) -> Node:
    """The root that says most about the task: of agents before others, then the longest, then the first."""
    return min(roots, key=lambda n: (n.kind not in _AGENTS, not n.kids, n.order))


def _name(run: Run, root: Node, nodes: Sequence[Node]) -> None:
    spans = [root.span, *[n.span for n in nodes if n is not root]]
    agents = [agent for n in nodes if n.kind in _AT_WORK and (agent := n.span.agent)]
    agents = agents or [s.agent for s in spans if s.agent]
    run.agents = tuple(dict.fromkeys(agents))
    run.service = _first([s.service for s in spans])
    run.agent = root.span.agent or (agents[0] if agents else "") or root.span.workflow or run.service
    run.name = root.span.workflow or (root.span.agent if root.kind in _AGENTS else "")
    # Of many traces no one root names the task.
    run.name = run.name or (root.span.name if len(run.trace_ids) == 1 else run.agent)
    run.release = _first([s.release for s in spans])
    run.environment = _first([s.environment for s in spans])
    run.session_id = _first([s.session_id for s in spans])
    run.user_id = _first([s.user_id for s in spans])
    models = [m for s in spans if s.kind in _PAID and (m := s.model_answered or s.model_asked)]
    # A failed call names only the model asked for, of which the others name the build that answered; a router
    # puts the provider before it.
    names = tuple(dict.fromkeys(models))
    run.models = names[:1] if len(names) < 2 else tuple([m for m in names if not _is_said_better(m, names)])


def _is_said_better(model: str, models: Sequence[str]) -> bool:
    return any(o != model and (o.startswith(model) or model.endswith("/" + o)) for o in models)


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")


def _count(run: Run, nodes: Sequence[Node], calls: Sequence[Node]) -> None:
    for node in calls:
        if node.counted and node.span.end_ns:
            if node.failed:
                run.failed_model_calls += 1
            else:
                run.model_calls += 1
    names: list[str] = []
    failed: list[str] = []
    for node in nodes:
        if node.kind is not TOOL or node.merged is not None:
            continue
        name = node.tool_name or node.span.name
        names.append(name)
        run.tool_calls += 1
        run.inferred_tool_calls += INFERRED in node.flags
        run.negative_results += NEGATIVE_RESULT in node.flags and not node.failed
        if node.failed:
            failed.append(name)
            run.failed_tool_calls += 1
            run.inferred_failed_tool_calls += INFERRED_ERROR in node.flags
    run.tools = tuple(dict.fromkeys(names))
    run.failed_tools = tuple(dict.fromkeys(failed))


def _tokens(nodes: Sequence[Node], calls: Sequence[Node]) -> _Tokens:
    """Sums over counted calls; what the counted span left open may be said by its duplicate. Only where no
    call says anything, totals of the spans around them are taken."""
    twins: dict[int, list[Span]] = {}
    for node in calls:
        if node.merged is not None:
            twins.setdefault(id(node.merged), []).append(node.span)
    tokens = _Tokens()
    for node in nodes:
        if node.kind in _PAID and node.counted:
            span = node.span
            said = _said_by(span, twins[id(node)]) if id(node) in twins else span
            tokens.cost = _plus(tokens.cost, said.cost_usd)
            if node.kind is LLM:
                _add(tokens, said)
                if said.input_tokens is None and not node.failed:
                    tokens.unknown = True
    if tokens.input is None and tokens.output is None:
        if calls and all(n.failed and n.span.end_ns for n in calls):
            # No call was answered: nothing was used, and that is known.
            tokens.input = tokens.output = 0
            return tokens
        within: set[int] = set()
        for node in nodes:
            if node.parent is not None and id(node.parent) in within:
                within.add(id(node))
            elif AGGREGATE in node.flags:
                within.add(id(node))
                _add(tokens, node.span)
                tokens.cost = _plus(tokens.cost, node.span.cost_usd)
    return tokens


def _said_by(span: Span, twins: Sequence[Span]) -> Span:
    """The span with what its call used, by all reports of it: the innermost is closest to what the provider
    said; wrappers miscount streams."""
    spans = sorted([span, *twins], key=lambda s: (s.end_ns - s.start_ns, s.span_id))
    return replace(
        span,
        input_tokens=_known(s.input_tokens for s in spans),
        output_tokens=_known(s.output_tokens for s in spans),
        cache_read_tokens=_known(s.cache_read_tokens for s in spans),
        cache_write_tokens=_known(s.cache_write_tokens for s in spans),
        reasoning_tokens=_known(s.reasoning_tokens for s in spans),
        cost_usd=_known(s.cost_usd for s in spans),
    )


def _add(tokens: _Tokens, said: Span) -> None:
    tokens.input = _plus(tokens.input, said.input_tokens)
    tokens.output = _plus(tokens.output, said.output_tokens)
    tokens.cache_read = _plus(tokens.cache_read, said.cache_read_tokens)
    tokens.cache_write = _plus(tokens.cache_write, said.cache_write_tokens)
    tokens.reasoning = _plus(tokens.reasoning, said.reasoning_tokens)


def _known(values: Iterable[_N | None]) -> _N | None:
    return next((value for value in values if value is not None), None)


def _plus(total: _N | None, more: _N | None) -> _N | None:
    if more is None:
        return total
    return more if total is None else total + more


def _waiting(roots: Sequence[Node]) -> bool:
    """Whether spans must still come: the one above all others, or the ends of those."""
    return all(ORPHAN in n.flags for n in roots) or not all(n.span.end_ns for n in roots)


def _end(run: Run, root: Node, roots: Sequence[Node], nodes: Sequence[Node], calls: Sequence[Node]) -> None:
    run.input = _question(root, nodes, calls)
    last = last_call(calls)
    answer = _answer(root, roots, nodes, last)
    fault = _fault(root, roots, nodes, last, answered=bool(answer))
    if fault is not None:
        run.status = RunStatus.ERROR
        run.error, run.error_type = _said_error(fault)
        return
    run.status = RunStatus.OK if run.ended_ns else RunStatus.RUNNING
    run.final_answer = answer


def _question(root: Node, nodes: Sequence[Node], calls: Sequence[Node]) -> str:
    if root.span.input and (asked := question_of(root)):
        return asked
    for node in nodes:
        if node.kind in _AGENTS and node.span.input and (asked := question_of(node)):
            return asked
    for node in sorted(calls, key=lambda n: n.order):
        if asked := question_of(node):
            return asked
    return first_request(nodes) or root.span.input[:2_000]


def _answer(root: Node, roots: Sequence[Node], nodes: Sequence[Node], last: Node | None) -> str:
    """The root's own output; else that of the first agent directly below it, or in a team (of one Strands
    tells no output) of the agent that ended last; else what the model said last."""
    alone = sum(1 for r in roots if r.kids or r.kind in _AGENTS) <= 1
    if alone and root.kind is not LLM and root.span.output and (said := answer_of(root)):
        return _uncut(said, last)
    below = [n for n in nodes if n.kind in _AGENTS and n is not root and n.span.output] if alone else []
    if root.kind is WORKFLOW:
        below.sort(key=lambda n: n.span.end_ns, reverse=True)
    for node in below:
        if _is_top(node) and (said := answer_of(node)):
            return said
    if last is None or last.failed:
        return ""
    # The span that counts may say nothing: then the report of the same call that knows its tokens does.
    others = [n for n in nodes if n.merged is not None and n.head() is last]
    others.sort(key=lambda n: n.span.output_tokens is None)
    return answer_of(last) or next((said for n in others if (said := answer_of(n))), "")


def _uncut(said: str, last: Node | None) -> str:
    """Of an agent that tells only how its answer begins ("I am sorry it ..."): the model's own, if it says
    all of it."""
    begins = said.removesuffix("...")
    whole = answer_of(last) if last is not None and begins not in (said, "") else ""
    return whole if whole.startswith(begins) else said


def _is_top(node: Node) -> bool:
    """No tool, no check and no other agent with an output of its own above it."""
    return not any(above.kind in _ASIDE or above.span.output for above in node.ancestors())


def _fault(
    root: Node, roots: Sequence[Node], nodes: Sequence[Node], last: Node | None, *, answered: bool
) -> Node | None:
    """What ended the run: its root; else the last model call; else, where nobody got an answer, an agent."""
    if root.failed and root.kind is not TOOL:
        return root
    alone = [r for r in roots if r.kids or r.kind in _AGENTS]
    if last is not None and last.failed and not (answered and len(alone) == 1):
        return last
    if not answered:
        return next((n for n in nodes if n.failed and n.kind in _AGENTS), None)
    return None


def _said_error(fault: Node) -> tuple[str, str]:
    """The message, from below where the step itself only says that it failed."""
    node: Node | None = fault
    while node is not None:
        if node.error:
            return node.error, node.error_type
        node = next((k for k in reversed(node.kids) if k.failed), None)
    return fault.error_type or "failed without a message", fault.error_type


def _judge(run: Run, nodes: Sequence[Node]) -> None:
    """The outcome said last; the root's own word comes last of equals."""
    said = [n for n in nodes if n.span.outcome]
    if said:
        node = max(said, key=lambda n: (n.span.end_ns, n.span.start_ns, n.span.span_id))
        run.outcome = Outcome(node.span.outcome)
        run.outcome_reason = node.span.outcome_reason
        run.outcome_source = "sdk"
