"""The same call reported more than once: counted once, the others kept and pointed to the one that counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from roadworthy.domain.span import Span
from roadworthy.features.ingest.join_keys import USED, is_strong
from roadworthy.features.ingest.runs.node import AGGREGATE, LLM, TOOLS, Node

_NEIGHBOURS = 32


def merge_duplicates(calls: Sequence[Node], tools: Sequence[Node]) -> None:
    """All model calls and all tools of a run, parents first. `near` must be set."""
    if len(calls) > 1:
        _merge_nested_calls(calls)
        _merge_requests(calls)
        _merge_by(calls, [n.span.response_id for n in calls])
        _merge_halves(calls)
        _merge_twins(calls, _same_call)
    if len(tools) > 1:
        _merge_nested_tools(tools)
        _merge_by(tools, [n.span.tool_call_id for n in tools])
        _merge_twins(tools, _same_tool)


def merge(node: Node, into: Node) -> None:
    """`node` no longer counts. A failure only the lower layer saw is a failure of the upper one; of a model
    call only where the upper one has no answer: neither words nor tokens of one."""
    into = into.head()
    if into is node:
        return
    node.merged = into
    silent = node.kind is LLM and not into.span.output and not into.span.output_tokens
    if node.failed and not into.failed and (node.kind in TOOLS or silent):
        into.fail(error=node.error or node.span.output, error_type=node.error_type)
    if not into.tool_name:
        into.tool_name = node.tool_name


def _merge_nested_calls(calls: Iterable[Node]) -> None:
    """A call within a call is one call reported by two layers, unless the outer one made several: then the
    outer one is the sum of them."""
    inner_of: dict[int, list[Node]] = {}
    outers: dict[int, Node] = {}
    for node in calls:
        if node.near is not None and node.near.kind is LLM:
            inner_of.setdefault(id(node.near), []).append(node)
            outers[id(node.near)] = node.near
    for ident, inner in inner_of.items():
        outer = outers[ident]
        answered = [n for n in inner if not n.failed]
        if len({n.span.response_id or n.span.span_id for n in answered}) > 1:
            outer.flag(AGGREGATE)
            continue
        for node in answered or inner[-1:]:
            merge(node, outer)


def _merge_requests(calls: Sequence[Node]) -> None:
    """A request and, once it had ended, what its stream gave: two spans of one scope side by side, asked the
    same, of which the first tells neither answer nor usage."""
    if all(_is_answered(n.span) for n in calls):
        return
    waiting: dict[tuple[str, str, str], Node] = {}
    for node in sorted(calls, key=lambda n: n.order):
        span = node.span
        if not node.counted or not span.input:
            continue
        key = (span.parent_id, span.scope, span.input)
        answered = _is_answered(span)
        if not answered and not node.failed:
            waiting[key] = node
        elif answered and key in waiting and _is_stream_of(span, waiting[key].span):
            merge(waiting.pop(key), node)


def _is_answered(span: Span) -> bool:
    return bool(span.output or span.response_id) or span.input_tokens is not None


def _is_stream_of(span: Span, request: Span) -> bool:
    """Their names differ: a call that is made once more has the name it had before."""
    return span.name != request.name and request.end_ns <= span.start_ns


def _merge_by(nodes: Iterable[Node], idents: Sequence[str]) -> None:
    """Spans with one id; `idents` are the nodes' own. Of one scope they must overlap in time: else it is an
    answer from a cache, or a call tried again."""
    known = [ident for ident in idents if ident]
    if len(set(known)) == len(known):
        return
    groups: dict[str, list[Node]] = {}
    for node, ident in zip(nodes, idents, strict=True):
        if ident and node.counted:
            groups.setdefault(ident, []).append(node)
    for ident, group in groups.items():
        if len(group) < 2 or not is_strong(ident):
            continue
        first = max(group, key=_riches)
        for node in group:
            if node is not first and (node.span.scope != first.span.scope or _overlap(node, first)):
                merge(node, first)


def _merge_halves(calls: Iterable[Node]) -> None:
    """By their `used:` keys: the report with the words counts, the one with the id is merged into it."""
    groups: dict[str, list[Node]] = {}
    for node in calls:
        for key in node.span.join_keys:
            if key.startswith(USED):
                groups.setdefault(key, []).append(node)
    for group in groups.values():
        for said, known in halves(group):
            if said.counted and known.counted:
                merge(known, said)


def halves(nodes: Sequence[Node]) -> list[tuple[Node, Node]]:
    """Of calls with one `used:` key those that are one, of two scopes, at one time: the one with the words
    and the one with the id."""
    said = [n for n in nodes if not n.span.response_id]
    known = [n for n in nodes if n.span.response_id]
    return closest(said, known, fits=lambda a, b: a.span.scope != b.span.scope and _overlap(a, b))


def closest(
    lefts: Iterable[Node], rights: Iterable[Node], *, fits: Callable[[Node, Node], bool]
) -> list[tuple[Node, Node]]:
    """Pairs that fit, each node in one of them at most, the closest in time first: equal tasks at one time
    are told apart by that. Of those that began about when a node did, `_NEIGHBOURS` either way are looked
    at."""
    there = sorted(rights, key=lambda n: n.order)
    starts = [n.span.start_ns for n in there]
    found = []
    for left in lefts:
        at = bisect_left(starts, left.span.start_ns)
        for right in there[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]:
            if fits(left, right):
                apart = abs(left.span.start_ns - right.span.start_ns)
                apart += abs(left.span.end_ns - right.span.end_ns)
                found.append((apart, left.order, right.order, left, right))
    paired: set[int] = set()
    pairs = []
    for _, _, _, left, right in sorted(found, key=lambda one: one[:3]):
        if id(left) not in paired and id(right) not in paired:
            paired |= {id(left), id(right)}
            pairs.append((left, right))
    return pairs


def _riches(node: Node) -> tuple[int, int, int, str]:
    """Who says more counts; of equals the one that started first."""
    span = node.span
    said = bool(span.input) + bool(span.output) + (span.input_tokens is not None)
    return (said, not span.parent_id, -span.start_ns, span.span_id)


def _merge_twins(nodes: Sequence[Node], matches: Callable[[Node, Node], bool]) -> None:
    """Spans of two scopes, one within the time of the other, saying nothing that differs."""
    if len({n.span.scope for n in nodes}) < 2:
        return
    alive = sorted((n for n in nodes if n.counted and n.span.end_ns), key=lambda n: n.order)
    open_: list[Node] = []
    for node in alive:
        open_ = [o for o in open_ if o.span.end_ns >= node.span.start_ns and o.merged is None][-16:]
        for outer in reversed(open_):
            if outer.span.scope == node.span.scope or not _contains(outer, node):
                continue
            if matches(outer, node):
                if _riches(node)[0] > _riches(outer)[0]:
                    merge(outer, node)
                else:
                    merge(node, outer)
                break
        if node.merged is None:
            open_.append(node)


def _same_call(left: Node, right: Node) -> bool:
    a, b = left.span, right.span
    if a.response_id and b.response_id:
        return False
    if left.failed != right.failed and not (left.failed and _is_mute(right)):
        return False
    ours, theirs = {a.model_asked, a.model_answered} - {""}, {b.model_asked, b.model_answered} - {""}
    if not (ours and theirs):
        # A refused call may not even say which model was asked: then the refusal must be the same.
        return left.failed and bool(left.error) and left.error == right.error
    if not ours & theirs:
        return False
    if left.failed:
        return True
    return a.output_tokens == b.output_tokens and not _inputs(a).isdisjoint(_inputs(b))


def _inputs(span: Span) -> set[int]:
    """The input's tokens with what came from a cache, and without: not every tracer counts them in."""
    if span.input_tokens is None:
        return set()
    cached = (span.cache_read_tokens or 0) + (span.cache_write_tokens or 0)
    return {span.input_tokens, span.input_tokens - cached}


def _is_mute(node: Node) -> bool:
    """A call that tells neither an answer nor a failure: mistralai's own spans of refused calls."""
    span = node.span
    told = span.output or span.response_id or span.model_answered or span.finish_reason
    return not told and span.input_tokens is None and span.output_tokens is None


def _same_tool(left: Node, right: Node) -> bool:
    a, b = left.span, right.span
    if a.tool_call_id and b.tool_call_id and a.tool_call_id != b.tool_call_id:
        return False
    return bool(left.tool_name) and plain(left.tool_name) == plain(right.tool_name)


def _merge_nested_tools(tools: Iterable[Node]) -> None:
    for node in tools:
        outer = node.near
        if outer is None or outer.kind not in TOOLS:
            continue
        same_id = node.span.tool_call_id and node.span.tool_call_id == outer.span.tool_call_id
        if (
            same_id
            or not node.tool_name
            or not outer.tool_name
            or plain(node.tool_name) == plain(outer.tool_name)
        ):
            merge(node, outer)


def plain(tool_name: str) -> str:
    """Without the namespace of an MCP server, and as every framework would spell it."""
    return tool_name.rpartition("__")[2].strip().lower().replace(" ", "_").replace("-", "_")


def _overlap(left: Node, right: Node) -> bool:
    a, b = left.span, right.span
    return a.start_ns <= b.end_ns and b.start_ns <= a.end_ns


def _contains(outer: Node, inner: Node) -> bool:
    return outer.span.start_ns <= inner.span.start_ns and inner.span.end_ns <= outer.span.end_ns
