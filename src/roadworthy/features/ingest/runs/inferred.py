"""Steps no span was sent for, read out of the messages of model calls: tool results, and earlier answers.

A model call brings along what happened since the user last spoke: the calls its predecessors asked for and
what came of them. Where neither a tool span nor a model span accounts for one, it is added, marked as
inferred.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus
from roadworthy.features.ingest.handoffs import FINAL_ANSWERS, handoff_target, is_handoff
from roadworthy.features.ingest.join_keys import is_strong
from roadworthy.features.ingest.runs.answers import answer_of
from roadworthy.features.ingest.runs.delegation import agent_names, names_an_agent
from roadworthy.features.ingest.runs.duplicates import plain
from roadworthy.features.ingest.runs.inferred_span import inferred_span
from roadworthy.features.ingest.runs.node import OTHER, TOOLS, Fields, Node
from roadworthy.kit.tool_results import Verdict, judge

_TOOL_ROLE = '"role":"tool"'
_PREFIXES = ("tool ", "tool:", "tool.", "tool/", "execute_tool ", "call_tool ", "tools.", "run_tool ")


@dataclass(slots=True)
class _Result:
    key: str
    call_id: str
    name: str
    arguments: str
    content: str
    brought_by: Node


@dataclass(slots=True)
class _Talk:
    results: dict[str, _Result] = field(default_factory=dict)
    """By call id; where there is none, by place in the conversation and content."""


def recent(messages: Sequence[Fields]) -> list[tuple[int, Fields]]:
    """What came after the user last spoke, with its place in the whole."""
    found: list[tuple[int, Fields]] = []
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].get("role") == "user":
            break
        found.append((place, messages[place]))
    return found[::-1]


def promote_plain_tools(nodes: Sequence[Node], calls: Sequence[Node]) -> None:
    """A plain span named after a tool the model asked for is that tool's execution."""
    plain_spans = [n for n in nodes if n.kind is OTHER and not n.span.dialect]
    if not plain_spans:
        return
    asked = {
        plain(call.get("name", ""))
        for node in calls
        for message in (*node.said(), *node.given())
        for call in message.get("tool_calls", ())
    } - {""}
    for node in plain_spans:
        name = node.span.name
        for prefix in _PREFIXES:
            if name.lower().startswith(prefix):
                name = name[len(prefix) :]
                break
        name = name.removesuffix("()").strip()
        if plain(name) in asked:
            node.kind = SpanKind.TOOL
            node.tool_name = name
            if '"name":"exception"' in node.span.events:
                node.fail(error=_exception(node.span.events))


def _exception(events: str) -> str:
    try:
        for event in orjson.loads(events):
            if event.get("name") == "exception":
                return str(event["attributes"].get("exception.message", ""))
    except (ValueError, AttributeError, KeyError, TypeError):
        pass
    return ""


def infer_tools(nodes: Sequence[Node], calls: Sequence[Node]) -> list[Node]:
    """Match results to tool spans: what a result says of a span's failure is believed; results without a span
    become inferred tool calls."""
    tools = [n for n in nodes if n.kind in TOOLS and n.merged is None]
    if not _tells_more(tools, calls):
        return []
    talk = _listen(calls)
    # The id may be known to a span that was merged into the one that counts.
    by_id, reused = _by_call_id(nodes)
    heard = {id(tool) for ident, tool in by_id.items() if ident in talk.results}
    unnamed: dict[str, list[Node]] = {}
    for tool in sorted(tools, key=lambda n: n.order):
        if id(tool) not in heard:
            unnamed.setdefault(plain(tool.tool_name), []).append(tool)
    agents = agent_names(nodes)
    added: list[Node] = []
    told = _told_alike([r for r in talk.results.values() if r.call_id not in by_id], unnamed)
    for result in talk.results.values():
        if result.call_id in reused:
            continue
        match = by_id.get(result.call_id) if result.call_id else None
        match = match or told.get(result.key)
        if match is None and unnamed.get(plain(result.name)):
            match = unnamed[plain(result.name)].pop(0)
        if match is not None:
            _believe(match, result)
        elif plain(result.name) not in FINAL_ANSWERS:
            added.append(Node(_tool_span(result, delegated=names_an_agent(result.name, agents))))
    return added


def _told_alike(results: Iterable[_Result], unnamed: dict[str, list[Node]]) -> dict[str, Node]:
    """Results whose very text a span of that tool gave, by key; the span is taken out of `unnamed`. Where
    spans of failed calls were never sent, order alone would give their results to others."""
    found: dict[str, Node] = {}
    for result in results:
        waiting = unnamed.get(plain(result.name), [])
        match = next(
            (tool for tool in waiting if result.content and tool.span.output == result.content), None
        )
        if match is not None:
            waiting.remove(match)
            found[result.key] = match
    return found


def _by_call_id(nodes: Sequence[Node]) -> tuple[dict[str, Node], set[str]]:
    """Tools by the id of their call, and the ids that several calls share: such an id says nothing."""
    by_id: dict[str, Node] = {}
    reused: set[str] = set()
    for node in nodes:
        ident = node.span.tool_call_id
        if ident and node.kind in TOOLS and by_id.setdefault(ident, node.head()) is not node.head():
            reused.add(ident)
    return by_id, reused


def _tells_more(tools: Iterable[Node], calls: Iterable[Node]) -> bool:
    """Whether messages may hold results that no span of the same agent has: told by the text, without
    reading it."""
    spans: dict[int, int] = {}
    for tool in tools:
        agent = id(tool.near)
        spans[agent] = spans.get(agent, 0) + bool(tool.span.output)
    for node in calls:
        results = node.span.input.count(_TOOL_ROLE)
        if results > spans.get(id(node.near), 0):
            return True
    return False


def _believe(tool: Node, result: _Result) -> None:
    if tool.kind is SpanKind.TOOL:
        tool.learn(got=result.arguments, brought=result.content)
    if tool.kind is SpanKind.TOOL and not tool.failed and judge(result.content) is Verdict.ERROR:
        tool.fail(error=result.content[:500])


def _listen(calls: Iterable[Node]) -> _Talk:
    talk = _Talk()
    asked: dict[str, Fields] = {}
    for node in calls:
        for message in (*node.given(), *node.said()):
            for call in message.get("tool_calls", ()):
                if call.get("id"):
                    asked[call["id"]] = call
    told = [(node, recent(node.given())) for node in sorted(calls, key=lambda n: n.order)]
    counted = _counted_ids(since for _, since in told)
    for node, since in told:
        waiting: list[Fields] = []
        for place, message in since:
            if message.get("tool_calls"):
                waiting = [{**c, "id": ""} if c.get("id") in counted else c for c in message["tool_calls"]]
            if message.get("role") == "tool":
                if message.get("tool_call_id") in counted:
                    message = {**message, "tool_call_id": ""}
                _hear(talk, message, place, node, asked, waiting)
    return talk


def _counted_ids(talks: Iterable[Sequence[tuple[int, Fields]]]) -> set[str]:
    """Ids that several results of one conversation have, made of the tool's name and a count
    (`issue_refund_0`): they say nothing."""
    found: set[str] = set()
    for since in talks:
        ids = Counter(m.get("tool_call_id", "") for _, m in since if m.get("role") == "tool")
        found.update(ident for ident, times in ids.items() if times > 1 and not is_strong(ident))
    return found - {""}


def _hear(
    talk: _Talk, message: Fields, place: int, node: Node, asked: dict[str, Fields], waiting: list[Fields]
) -> None:
    call_id = message.get("tool_call_id", "")
    content = _said(message)
    call = asked.get(call_id) or next(
        (c for c in waiting if not message.get("name") or c.get("name") == message["name"]), {}
    )
    if call in waiting:
        waiting.remove(call)
    # A result without an id answers the call before it, whose id is known.
    call_id = call_id or call.get("id", "")
    name = call.get("name", "") or message.get("name", "")
    key = call_id or f"@{place}:{name}:{content[:200]}"
    if key in talk.results:
        talk.results[key].content = talk.results[key].content or content
    elif name:
        talk.results[key] = _Result(key, call_id, name, call.get("arguments", ""), content, node)


def _said(message: Fields) -> str:
    if message.get("content"):
        return str(message["content"])
    return "\n".join(str(part.get("text", "")) for part in message.get("parts", ()))


def _tool_span(result: _Result, *, delegated: bool) -> Span:
    by = result.brought_by.span
    handoff = delegated or is_handoff(result.name)
    verdict = Verdict.FINE if handoff else judge(result.content)
    flags: tuple[str, ...] = (SpanFlag.INFERRED,)
    if verdict is Verdict.NEGATIVE:
        flags = (SpanFlag.INFERRED, SpanFlag.NEGATIVE_RESULT)
    elif verdict is Verdict.ERROR:
        flags = (SpanFlag.INFERRED, SpanFlag.INFERRED_ERROR)
    target = handoff_target(result.name, result.arguments) if handoff else ""
    return inferred_span(
        by,
        span_id=_ident("tool", result.key, by),
        name=result.name,
        kind=SpanKind.HANDOFF if handoff else SpanKind.TOOL,
        status=SpanStatus.ERROR if verdict is Verdict.ERROR else SpanStatus.UNSET,
        error=result.content[:500] if verdict is Verdict.ERROR else "",
        tool_name=result.name,
        tool_call_id=result.call_id,
        handoff_to=target,
        input=result.arguments,
        input_format=ContentFormat.JSON if result.arguments else ContentFormat.NONE,
        output=result.content,
        output_format=ContentFormat.TEXT if result.content else ContentFormat.NONE,
        flags=flags,
    )


def infer_calls(calls: Sequence[Node]) -> list[Node]:
    """Answers that later calls of the conversation bring along and no model span gave.

    An answer is accounted for by an output that asks for one of the same tool calls; model spans whose output
    was not recorded account for one answer each, so that hidden content invents nothing.
    """
    if not _brings_more(calls):
        return []
    answered = [n for n in calls if n.counted and not n.failed]
    asked = [call for n in answered for message in n.said() for call in message.get("tool_calls", ())]
    ids = {call["id"] for call in asked if call.get("id")}
    given = Counter(_ask(call) for call in asked)
    silent = sum(1 for n in answered if not _spoke(n))
    counted = {id(n) for n in answered}
    added: list[Node] = []
    for node, answers in _longest(calls):
        # What a call answered cannot be in what it was given.
        own = (
            Counter(_ask(c) for m in node.said() for c in m.get("tool_calls", ()))
            if id(node) in counted
            else None
        )
        given.subtract(own or ())
        for place, message in answers:
            if _account_for(message["tool_calls"], ids, given):
                continue
            if silent > 0:
                silent -= 1
            else:
                added.append(Node(_call_span(node, place, message)))
        given.update(own or ())
    return added


_ASKS = '"tool_calls":'


def _brings_more(calls: Iterable[Node]) -> bool:
    """Whether some history may hold more answers than there are spans of the same agent: told by the text,
    which costs a hundredth of reading it."""
    asks: dict[int, int] = {}
    brought: list[tuple[int, int]] = []
    for node in calls:
        agent = id(node.near)
        own = node.merged is None and not node.failed and _ASKS in node.span.output
        asks[agent] = asks.get(agent, 0) + own
        brought.append((agent, node.span.input.count(_ASKS) + own))
    return any(count > asks[agent] for agent, count in brought)


def _longest(calls: Iterable[Node]) -> list[tuple[Node, list[tuple[int, Fields]]]]:
    """Of each conversation (by what the user said last) the call that brings most answers along."""
    longest: dict[str, tuple[Node, list[tuple[int, Fields]]]] = {}
    for node in sorted(calls, key=lambda n: n.order):
        messages = node.given()
        since = recent(messages)
        answers = _answers(since)
        if not answers:
            continue
        start = since[0][0]
        anchor = str(messages[start - 1].get("content", ""))[:500] if start else ""
        if anchor not in longest or len(longest[anchor][1]) < len(answers):
            longest[anchor] = (node, answers)
    return list(longest.values())


def _answers(since: Sequence[tuple[int, Fields]]) -> list[tuple[int, Fields]]:
    """Answers that ask for tools; the calls of one answer may have come as messages of their own."""
    found: list[tuple[int, Fields]] = []
    before = -2
    for place, message in since:
        if not message.get("tool_calls"):
            continue
        if place == before + 1 and found:
            first, whole = found[-1]
            found[-1] = (first, {**whole, "tool_calls": [*whole["tool_calls"], *message["tool_calls"]]})
        else:
            found.append((place, message))
        before = place
    return found


def _account_for(calls: Sequence[Fields], ids: set[str], given: Counter[tuple[str, str]]) -> bool:
    """Whether an output asked for one of the calls; it then stands for no other answer."""
    known = False
    for call in calls:
        key = _ask(call)
        # Ids are not always the same in question and history: then name and arguments decide.
        if call.get("id") in ids or given[key] > 0:
            known = True
            given[key] -= 1
    return known


def _ask(call: Fields) -> tuple[str, str]:
    """Name and arguments: some providers have no ids, and some histories leave them out."""
    return plain(call.get("name", "")), _canonical(call.get("arguments", ""))


def _spoke(node: Node) -> bool:
    if node.span.output_format == ContentFormat.MESSAGES:
        return any(m.get("content") or m.get("tool_calls") for m in node.said())
    return bool(answer_of(node))


def _canonical(arguments: str) -> str:
    """One spelling for equal JSON: keys in order, 42.0 as 42."""
    try:
        return orjson.dumps(_plain_numbers(orjson.loads(arguments)), option=orjson.OPT_SORT_KEYS).decode()
    except (ValueError, RecursionError):
        return arguments


def _plain_numbers(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    return value


def _call_span(node: Node, place: int, message: Fields) -> Span:
    by = node.span
    return inferred_span(
        by,
        span_id=_ident("call", str(place), by),
        name=by.name if by.parent_id else "model call",
        kind=SpanKind.LLM,
        provider=by.provider,
        model_asked=by.model_asked,
        model_answered=by.model_answered,
        output=orjson.dumps([message]).decode(),
        output_format=ContentFormat.MESSAGES,
    )


def _ident(what: str, key: str, by: Span) -> str:
    """16 hex digits that are the same on every assembly."""
    seed = (
        f"{what}:{by.trace_id}:{key}" if what == "tool" and key[:1] != "@" else f"{what}:{by.span_id}:{key}"
    )
    return hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=8).hexdigest()
