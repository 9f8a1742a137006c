"""Published runs whose outcome is known, as an instrumented agent would have sent them: OTLP with the OTel
GenAI conventions.

They go through decoding and run assembly as live traffic does, so that detectors are measured on what they
will see: conversations that are repeated in every model call, tool errors that say OK.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.judge.evaluation.split import Half, half_of

START_NS = 1_767_225_600 * 10**9
"""1 January 2026: the sources give no times."""

_STEP_NS = 10**9

Record = Callable[[bytes], Sequence[tuple[Run, Sequence[Span]]]]
"""An OTLP/JSON trace request to the runs in it with their spans: decoding and assembly, by the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledTrace:
    dataset: str
    id: str
    task: str
    failed: bool | None
    """None where the source labels something else."""
    body: bytes
    """OTLP/JSON trace request."""
    culprit: str = ""
    """Agent that people blamed, "" where nobody was."""

    @property
    def half(self) -> Half:
        return half_of(self.task)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    read: Callable[[dict[str, Any]], LabelledTrace]
    measures_outcome: bool = True
    """Whether successes and failures are both in it."""
    fits: bool = True
    """Whether its development half goes into the prior that ships."""

    def file(self, folder: Path) -> Path:
        return folder / f"{self.name}.jsonl.gz"

    def traces(self, folder: Path) -> Iterator[LabelledTrace]:
        """In the order of the file. FileNotFoundError where the folder does not have it."""
        with gzip.open(self.file(folder)) as lines:
            for line in lines:
                yield self.read(orjson.loads(line))


def trace_folder(data: Path) -> Path:
    """`data` itself, or its folder `traces`."""
    return data / "traces" if (data / "traces").is_dir() else data


class _Spans:
    """Spans of one trace, one second apart, children of the first."""

    def __init__(self, key: str) -> None:
        self._trace_id = hashlib.sha256(key.encode()).hexdigest()[:32]
        self._spans: list[dict[str, Any]] = []
        self._clock = START_NS

    def add(self, name: str, *, failed: bool = False, **attributes: str) -> dict[str, Any]:
        number = len(self._spans)
        self._clock += _STEP_NS
        span: dict[str, Any] = {
            "traceId": self._trace_id,
            "spanId": f"{number + 1:016x}",
            "name": name,
            "kind": 1,
            "startTimeUnixNano": str(self._clock),
            "endTimeUnixNano": str(self._clock + _STEP_NS // 2),
            "attributes": _attributes(attributes),
            "status": {"code": 2} if failed else {},
        }
        if number:
            span["parentSpanId"] = self._spans[0]["spanId"]
        self._spans.append(span)
        return span

    def body(self, agent: str) -> bytes:
        self._spans[0]["endTimeUnixNano"] = str(self._clock + _STEP_NS)
        scope = {"scope": {"name": "roadworthy.evaluation"}, "spans": self._spans}
        resource = {"attributes": _attributes({"service.name": agent})}
        return orjson.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]})


def _attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"key": key.replace("__", "."), "value": {"stringValue": value}}
        for key, value in values.items()
        if value
    ]


def _dump(messages: list[dict[str, Any]]) -> str:
    return orjson.dumps(messages).decode()


# --- one agent that chats with a user and calls tools ------------------------------------------------------


def chat_trace(
    key: str, *, agent: str, model: str, messages: Sequence[dict[str, Any]], tools: str = ""
) -> bytes:
    """Chat-completions messages to the spans of the agent that had this conversation.

    `tools` are the definitions it was offered, JSON. A message may also say which `agent` of several spoke,
    the `finish_reason`, the messages the model was `told` where not all said before, and of a tool's that it
    `failed`. A last answer of "" is an empty answer; one that is not there leaves the answer before it.
    """
    spans = _Spans(key)
    root = spans.add(
        f"invoke_agent {agent}", gen_ai__operation__name="invoke_agent", gen_ai__agent__name=agent
    )
    said: list[dict[str, Any]] = []
    calls: dict[str, tuple[str, str]] = {}
    asked = answer = ""
    for message in messages:
        role, content = message["role"], message.get("content") or ""
        if role == "assistant":
            out = _assistant(
                content, message.get("tool_calls") or (), reason=message.get("finish_reason", "")
            )
            spans.add(
                f"chat {model}",
                gen_ai__operation__name="chat",
                gen_ai__request__model=model,
                gen_ai__agent__name=message.get("agent", agent),
                gen_ai__tool__definitions=tools,
                gen_ai__input__messages=_dump(message.get("told", said)),
                gen_ai__output__messages=_dump([out]),
            )
            said.append(out)
            calls |= {
                c["id"]: (c["function"]["name"], c["function"]["arguments"])
                for c in message.get("tool_calls") or ()
            }
            answer = content if content or message.get("content") == "" else answer
        elif role == "tool":
            name, arguments = calls.get(message.get("tool_call_id", ""), (message.get("name", ""), ""))
            call_id = message.get("tool_call_id", "")
            spans.add(
                f"execute_tool {name}",
                failed=bool(message.get("failed")),
                gen_ai__operation__name="execute_tool",
                gen_ai__tool__name=name,
                gen_ai__tool__call__id=call_id,
                gen_ai__agent__name=message.get("agent", agent),
                gen_ai__tool__call__arguments=arguments,
                gen_ai__tool__call__result=content,
            )
            said.append(
                {
                    "role": "tool",
                    "parts": [{"type": "tool_call_response", "id": call_id, "response": content}],
                }
            )
        else:
            asked = asked or (content if role == "user" else "")
            said.append({"role": role, "parts": [{"type": "text", "content": content}]})
    root["attributes"] += _attributes(
        {
            "gen_ai.input.messages": _dump([{"role": "user", "parts": [{"type": "text", "content": asked}]}]),
            "gen_ai.output.messages": _dump([_assistant(answer, ())]) if answer else "",
        }
    )
    return spans.body(agent)


def _assistant(content: str, calls: Sequence[dict[str, Any]], *, reason: str = "") -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": "text", "content": content}] if content else []
    for call in calls:
        function = call["function"]
        parts.append(
            {
                "type": "tool_call",
                "id": call["id"],
                "name": function["name"],
                "arguments": function["arguments"],
            }
        )
    return {
        "role": "assistant",
        "parts": parts,
        "finish_reason": reason or ("tool_call" if calls else "stop"),
    }


# --- agents that talk to each other ------------------------------------------------------------------------


def team_trace(key: str, *, team: str, question: str, steps: Sequence[dict[str, Any]]) -> bytes:
    """What each agent said in turn, {name, content}, to one span an utterance under one workflow."""
    spans = _Spans(key)
    root = spans.add(
        f"invoke_workflow {team}", gen_ai__operation__name="invoke_workflow", gen_ai__workflow__name=team
    )
    for step in steps:
        spans.add(
            f"invoke_agent {step['name']}",
            gen_ai__operation__name="invoke_agent",
            gen_ai__agent__name=step["name"],
            gen_ai__output__messages=_dump([_assistant(step["content"] or "", ())])
            if step["content"]
            else "",
        )
    answer = next((step["content"] for step in reversed(steps) if step["content"]), "")
    root["attributes"] += _attributes(
        {
            "gen_ai.input.messages": _dump(
                [{"role": "user", "parts": [{"type": "text", "content": question}]}]
            ),
            "gen_ai.output.messages": _dump([_assistant(answer, ())]) if answer else "",
        }
    )
    return spans.body(team)
