"""A tool's status says that all is well; what it brought says error, time-out, nothing, or old."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.deeds import is_protocol, reads
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import ToolUse, Transcript
from roadworthy.kit.word_set import WordSet

_MOST_FINDINGS = 5
_MOST_TOOLS = 1_000
_HEAD = 600
"""Characters at the start of a result in which a text may say that it is an error."""
_SMALL = 20_000
_STALE_NS = 24 * 3600 * 10**9

_FAULT = re.compile(
    r"timed? ?-?out\b|deadline exceeded|service (?:is )?(?:temporarily )?unavailable|bad gateway"
    r"|gateway time-?out|internal server error|connection (?:refused|reset|aborted)"
    r"|rate limit(?:ed| exceeded)|too many requests|unauthori[sz]ed\b|access denied"
    r"|permission denied|invalid api key|quota exceeded"
    r"|try again later|could not connect|failed to (?:fetch|load|connect|retrieve|read)"
    r"|<title>\s*[45]\d\d\b|http(?:/[\d.]+)? (?:error |status )?[45]\d\d\b",
    re.IGNORECASE,
)
_FAULT_WORDS = WordSet(
    (
        *(
            "time",
            "deadline",
            "unavailable",
            "gateway",
            "server error",
            "connection",
            "rate limit",
            "too many",
        ),
        *(
            "unauthori",
            "denied",
            "api key",
            "quota",
            "try again",
            "not connect",
            "failed to",
            "title",
            "http",
        ),
    )
)
"""One of these is in whatever the pattern finds."""
_OLD = re.compile(
    r"(?:cached|stale|out[- ]of[- ]date|outdated) (?:data|result|results|response|copy|value|values|version)"
    r"|(?:may|might|could) be (?:stale|out[- ]of[- ]date|outdated)|served from (?:stale )?cache",
    re.IGNORECASE,
)
_OLD_WORDS = WordSet("cache stale date")
_SIGNS = (
    '"error',
    '"errors',
    '"status',
    '"timed',
    '"timeout',
    '"stale',
    '"cached',
    '"cache',
    '"from_cache',
    '"as_of',
    '"asof',
    '"age',
    '"partial',
)
_AGES = ("cache_age_seconds", "age_seconds", "cache_age", "age_s", "max_staleness_seconds")
_TIMES = ("as_of", "asOf", "cached_at", "cachedAt", "cache_time", "snapshot_at", "data_as_of")
_STATUSES = ("status_code", "statusCode", "http_status", "httpStatus", "status")
_BAD_STATUS = frozenset({"error", "failed", "failure", "timeout", "timed_out", "unavailable"})
_WRAPPERS = ("data", "result", "response", "content", "output", "body", "text", "kwargs")
_NOTHING = frozenset({"null", "None", "undefined", "NaN", "nil"})


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    found: list[Finding] = []
    told: set[tuple[str, str]] = set()
    tools = transcript.tools[:_MOST_TOOLS]
    for place, tool in enumerate(tools):
        reason = _reason(tool, tools, now_ns=transcript.run.started_ns)
        if reason and (tool.name, reason) not in told and not _repeated_well(tools, place):
            told.add((tool.name, reason))
            text = tool.result or tool.error
            found.append(
                DETECTOR.finding(
                    f"{tool.name} ended without an error, but {reason}.",
                    excerpt(text, start=0, end=min(len(text), 200), span_id=tool.span_id, place=_place(tool)),
                    confidence=0.95 if tool.hidden else 0.75,
                    tool=tool.name,
                )
            )
            if len(found) >= _MOST_FINDINGS:
                break
    return found


def _place(tool: ToolUse) -> str:
    return "output" if tool.result else "error"


def _repeated_well(tools: Sequence[ToolUse], place: int) -> bool:
    """Whether the same was asked again soon after, and answered."""
    tool = tools[place]
    return any(
        one.name == tool.name
        and one.arguments == tool.arguments
        and not one.failed
        and not one.negative
        and one.result != tool.result
        for one in tools[place + 1 : place + 50]
    )


def _reason(tool: ToolUse, tools: Sequence[ToolUse], *, now_ns: int) -> str:
    """What is wrong, as the end of a sentence; "" where nothing is."""
    if tool.hidden:
        short = " ".join((tool.error or tool.result)[:120].split())
        return f"what it brought is an error ({short})"
    if tool.failed or tool.negative or not tool.result or is_protocol(tool.name):
        return ""
    result = tool.result
    if result in _NOTHING:
        return _nothing(tool, tools)
    if result[0] in "{[":
        if len(result) > _SMALL or (len(result) > _HEAD and not any(sign in result for sign in _SIGNS)):
            return ""
        return _of_value(tool.parsed_result(), tool, now_ns=now_ns, depth=0)
    return _of_text(result)


def _nothing(tool: ToolUse, tools: Sequence[ToolUse]) -> str:
    """Null from a tool that looks things up. (No result at all may only mean that none was recorded.)"""
    if not reads(tool.name) or not any(one.name == tool.name and len(one.result) > 6 for one in tools[:200]):
        return ""
    return "it brought nothing where it brings something at other times"


def _of_text(text: str) -> str:
    """A short text that is itself the fault; a long one may well be an article about faults."""
    head = text[:_HEAD]
    if len(text) <= 200 or head.lstrip()[:1] == "<":
        fault = _FAULT.search(head) if _FAULT_WORDS.any_in(head) else None
        if fault is not None:
            return f'it says "{fault.group()}"'
    begin = head[:300]
    old = _OLD.search(begin) if _OLD_WORDS.any_in(begin) else None
    return f'it says "{old.group()}"' if old is not None else ""


def _of_value(value: Any, tool: ToolUse, *, now_ns: int, depth: int) -> str:
    if isinstance(value, list):
        return _of_value(value[0], tool, now_ns=now_ns, depth=depth + 1) if len(value) == 1 else ""
    if isinstance(value, str):
        return _of_text(value) if depth and len(value) <= _SMALL else ""
    if not isinstance(value, dict) or depth > 3:
        return ""
    reason = _of_object(value) or _old(value, tool, now_ns=now_ns)
    for name in _WRAPPERS if not reason else ():
        inner = value.get(name)
        if isinstance(inner, (dict, list)) or (isinstance(inner, str) and len(value) <= 3):
            reason = reason or _of_value(inner, tool, now_ns=now_ns, depth=depth + 1)
    return reason


def _of_object(value: dict[str, Any]) -> str:
    errors = value.get("errors")
    if isinstance(errors, list) and errors and not value.get("data"):
        return "it lists errors"
    error = value.get("error")
    if isinstance(error, (str, dict)) and error and len(value) <= 6:
        message = error.get("message", "") if isinstance(error, dict) else error
        return f'it says "{str(message)[:100]}"' if message else "it holds an error"
    for name in _STATUSES:
        status = value.get(name)
        if isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600:
            return f"it says {name} {status}"
        if isinstance(status, str) and status.lower() in _BAD_STATUS and len(value) <= 6:
            return f'it says {name} "{status}"'
    if value.get("timed_out") is True or value.get("timeout") is True:
        return "it says that it timed out"
    return ""


def _old(value: dict[str, Any], tool: ToolUse, *, now_ns: int) -> str:
    if value.get("stale") is True or value.get("is_stale") is True:
        return "it says that it is stale"
    cached = any(value.get(name) is True for name in ("cached", "from_cache", "cache_hit"))
    for name in _AGES:
        age = value.get(name)
        if isinstance(age, (int, float)) and not isinstance(age, bool) and age >= 3600:
            return f"it is old data ({name} {age:g})"
    for name in _TIMES if cached or now_ns else ():
        at_ns = _time_ns(value.get(name))
        if at_ns and now_ns - at_ns > _STALE_NS and str(value[name])[:10] not in tool.arguments:
            return f"it is old data ({name} {value[name]})"
    return ""


def _time_ns(value: Any) -> int:
    """0 for what is no ISO 8601 time of this century."""
    if not isinstance(value, str) or value[:2] != "20" or len(value) > 40:
        return 0
    try:
        parsed = datetime.fromisoformat(value)
        moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return int(moment.timestamp()) * 10**9
    except (ValueError, OverflowError):
        return 0


DETECTOR = Detector(
    name="hidden_tool_error",
    title="Hidden tool error",
    description="A tool ended with status OK and its payload says error, time-out or HTTP 4xx/5xx, is null "
    "where the same tool brings data at other times, or is stale (cached data with an age of an hour, as_of "
    "a day ago). Silent on long texts that mention errors, and where the same call was repeated and worked.",
    mode="tool-failed",
    detect=detect,
)
