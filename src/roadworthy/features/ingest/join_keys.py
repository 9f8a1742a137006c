"""What ties a trace to other traces of the same run.

A key on two traces says "these belong together". Keys are made of ids that somebody drew at random, so that
two runs never share one by chance; short or counted ids ("call_1") make no key.

- `response:<id>`: the provider's id of an answer; two dialects reported the same call.
- `toolcall:<id>`: on model calls and tool calls that are traces of their own (raw SDKs): the model asked
  for the call in one, the next one brings its result. Only calls since the last user message
  count: a conversation replays its whole history in every turn, and a turn is a run of its own.
- `talk:<hash>:<time>`: the same where calls have no ids (Gemini, Ollama): what the user said last and the
  calls and results since, within ten minutes. Equal prompts give equal keys, so `runs.units` pairs each
  call with the one just before it. For an answer that was not recorded (a stream nobody read) stand the
  words before it.
- `trace:<id>`: a link between spans of agents or of messaging.
- `topic:<id>`: AutoGen's group chat, whose messages are traces of their own.
- `aside:<session>`: calls a client makes beside its first task (Claude Code names the session).
- `run:<id>`: what the caller chose (`roadworthy.run_id`).
- `echo:<...>`: the root of a run that was sent again in a trace of its own (LangSmith), with other ids:
  `runs.units` checks that the one alone lies around the other.
- `failed:<...>`: a failed call reported twice in two traces: it has no id, so there is nothing but time and
  the question to go by, and `runs.units` checks that one lies within the other before it believes it.
- `used:<...>`: the same of an answered call of which one report has the id alone and the other the words
  alone (streams of Anthropic's SDK): what it used and when it ended.

Behind a key of the last three or of words the tracker lets no more than a bounded number of traces gather:
equal calls may come without end.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus

_PREFIX = re.compile(r"^(?:[A-Za-z]{2,12}[-_:])+")
_TOPIC = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BUCKET_NS = 10_000_000
_MAX_KEYS = 64

FAILED = "failed:"
TALK = "talk:"
ECHO = "echo:"
USED = "used:"
_OF_CONTENT = ("response:", "toolcall:", FAILED, USED, TALK)
UNHEARD = TALK + "?"
"""Of what came before an answer that was not recorded."""
GUESSED = (FAILED, USED, ECHO, TALK)
"""No ids, but words and times, which runs of different tasks may share: `runs.units` looks closer."""
_PRINTED = re.compile(r"\s*<[\w.]+ object at 0x")
_TALK_NS = 600 * 1_000_000_000
_TALK_SLACK_NS = 60 * 1_000_000_000


def is_strong(ident: str) -> bool:
    """Whether an id was drawn at random: eight characters or more beside its prefix, and not a mere
    number."""
    if _ends_at_random(ident):
        return True
    rest = _PREFIX.sub("", ident)
    if len(rest) < 8 or len(ident) > 200:
        return False
    varied = len(set(rest)) >= 5
    plain = rest.replace("-", "").replace("_", "")
    mixed = not plain.isalpha() and not plain.isdigit()
    return varied and (
        mixed or (len(rest) >= 16 and not rest.isdigit()) or rest.lower() != rest != rest.upper()
    )


def _ends_at_random(ident: str) -> bool:
    """What most providers draw ends in sixteen letters and digits; telling that takes a third of the time."""
    if not 16 <= len(ident) <= 200:
        return False
    tail = ident[-16:]
    return tail.isalnum() and not tail.isalpha() and not tail.isdigit() and len(set(tail)) >= 5


def response_key(response_id: str) -> str:
    """ "" where the id could be another answer's as well."""
    return "response:" + response_id if is_strong(response_id) else ""


def keys_of(span: Span) -> tuple[str, ...]:
    """Keys that follow from the span's own fields."""
    if span.kind is SpanKind.LLM:
        return _keys_of_call(span)
    if span.kind is SpanKind.TOOL and not span.parent_id and is_strong(span.tool_call_id):
        return ("toolcall:" + span.tool_call_id,)
    return ()


def rekeyed(span: Span) -> tuple[str, ...]:
    """Its keys after content was joined to it: those of content anew, the others as they are."""
    kept = (key for key in span.join_keys if not key.startswith(_OF_CONTENT))
    return tuple(dict.fromkeys((*keys_of(span), *kept)))


def _keys_of_call(span: Span) -> tuple[str, ...]:
    key = response_key(span.response_id) if span.response_id else ""
    keys = (key,) if key else ()
    failed = span.status is SpanStatus.ERROR and not span.response_id and span.end_ns
    if span.parent_id:
        return (*keys, *_refused(span)) if failed else keys
    found = [*keys, *("toolcall:" + ident for ident in _recent_calls(span) if is_strong(ident))]
    if len(found) == len(keys) or _is_silent(span, _loaded(span.output, span.output_format)):
        talk = talk_of(span)
        found += [*talk.asks, *talk.brings]
    if failed:
        found += [*at_its_end(span, f"{FAILED}{span.service}:{span.model_asked}:"), *_refused(span)]
    elif span.input_tokens is not None and span.end_ns and bool(span.response_id) != bool(span.input):
        model = span.model_answered or span.model_asked
        used = f"{USED}{span.service}:{model}:{span.input_tokens}:{span.output_tokens}:"
        found += at_its_end(span, used)
    return tuple(dict.fromkeys(found))[:_MAX_KEYS]


def _refused(span: Span) -> list[str]:
    """Of a failed call that says what was asked; below a step it takes that to be told from others."""
    given = reversed(_loaded(span.input, span.input_format))
    words = next((str(m.get("content", "")).strip() for m in given if m.get("role") == "user"), "")
    if not words:
        return []
    told = hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return at_its_end(span, f"{FAILED}{span.service}:{told}:")


def at_its_end(span: Span, scene: str) -> list[str]:
    """Keys that two reports of one step share, which end within 10 ms of each other."""
    # Two of them, so that both reports meet in one bucket wherever its border lies.
    at = (span.end_ns + _BUCKET_NS // 2) // _BUCKET_NS
    return [f"{scene}{at - 1}", f"{scene}{at}"]


@dataclass(frozen=True, slots=True)
class Talk:
    """Keys of the question a call ends with, and of the question whose results it brings; () where it has
    none, or where ids say it better. `ids` are those of the calls whose results it brings."""

    asks: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


def talk_of(span: Span) -> Talk:
    given = _loaded(span.input, span.input_format)
    since: list[dict[str, Any]] = []
    for message in reversed(given):
        since.append(message)
        if message.get("role") == "user":
            break
    since.reverse()
    answer = _loaded(span.output, span.output_format)
    said = [m for m in answer if m.get("tool_calls")]
    silent = _is_silent(span, answer)
    last = max((at for at, m in enumerate(since) if m.get("tool_calls")), default=-1)
    named = any(is_strong(call.get("id", "")) for m in (*since, *said) for call in m.get("tool_calls", ()))
    asks: list[str] = []
    brings: list[str] = []
    if silent and since and span.end_ns:
        asks.append(f"{_talk(span, since, prefix=UNHEARD)}:{span.end_ns // _TALK_NS}")
    if last >= 0 and (silent or not named):
        brings += _brings(span, _before_calls(since, last), prefix=UNHEARD)
    if not named:
        if said and span.end_ns:
            asks.append(f"{_talk(span, [*since, *said])}:{span.end_ns // _TALK_NS}")
        if last >= 0:
            brings += _brings(span, since[: last + 1])
    ids = [call.get("id", "") for call in since[last].get("tool_calls", ())] if last >= 0 else []
    return Talk(asks=tuple(asks), brings=tuple(brings), ids=tuple(ident for ident in ids if ident))


def _is_silent(span: Span, answer: list[dict[str, Any]]) -> bool:
    """Whether it answered and nobody recorded what: an object that Python printed says nothing."""
    if span.status is SpanStatus.ERROR:
        return False
    if span.output_format is ContentFormat.MESSAGES:
        return not any(m.get("content") or m.get("parts") or m.get("tool_calls") for m in answer)
    return not span.output or _PRINTED.match(span.output) is not None


def _before_calls(since: list[dict[str, Any]], last: int) -> list[dict[str, Any]]:
    """What the call that asked last was given; calls of one answer may be messages of their own."""
    while last > 0 and since[last - 1].get("tool_calls"):
        last -= 1
    return since[:last]


def _brings(span: Span, messages: list[dict[str, Any]], *, prefix: str = TALK) -> tuple[str, ...]:
    talk, at = _talk(span, messages, prefix=prefix), span.start_ns // _TALK_NS
    before = (span.start_ns - _TALK_SLACK_NS) // _TALK_NS
    return tuple(f"{talk}:{bucket}" for bucket in dict.fromkeys((at, before)))


def _talk(span: Span, messages: list[dict[str, Any]], *, prefix: str = TALK) -> str:
    """Without ids and without words beside calls, which histories leave out or change."""
    said: list[Any] = [span.service]
    for message in messages:
        calls = message.get("tool_calls")
        if calls:
            said.append([(c.get("name", ""), _spelled(c.get("arguments", ""))) for c in calls])
        else:
            said.append((message.get("role"), str(message.get("content", "")).strip()))
    return prefix + hashlib.blake2b(orjson.dumps(said), digest_size=12).hexdigest()


def _spelled(arguments: str) -> str:
    try:
        return orjson.dumps(orjson.loads(arguments), option=orjson.OPT_SORT_KEYS).decode()
    except ValueError:
        return arguments


def _recent_calls(span: Span) -> Iterable[str]:
    """Ids of calls the answer asks for, and of those whose results the request brings."""
    for message in _loaded(span.output, span.output_format):
        for call in message.get("tool_calls", ()):
            yield call.get("id", "")
    given = _loaded(span.input, span.input_format)
    for message in reversed(given):
        if message.get("role") == "user":
            return
        if message.get("tool_call_id"):
            yield message["tool_call_id"]
        for call in message.get("tool_calls", ()):
            yield call.get("id", "")


def _loaded(text: str, form: ContentFormat) -> list[dict[str, Any]]:
    if form is not ContentFormat.MESSAGES:
        return []
    try:
        loaded = orjson.loads(text)
    except ValueError:
        return []
    return loaded if isinstance(loaded, list) else []


def topic_key(*values: str) -> str:
    """The UUID AutoGen draws for a team's run and puts into every topic and agent id."""
    for value in values:
        found = _TOPIC.search(value)
        if found:
            return "topic:" + found[0]
    return ""
