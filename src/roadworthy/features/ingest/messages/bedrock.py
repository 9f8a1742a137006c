"""AWS Bedrock: Converse, and the bodies of invoke_model that are not another provider's own.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import Reader, text


def read_response(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """Converse: {"output": {"message": {"role", "content": […]}}, "stopReason"}"""
    output = value["output"]
    if not isinstance(output, dict) or not isinstance(output.get("message"), dict):
        return None
    found = read.message(output["message"], default_role="assistant")
    if found:
        found[-1] = replace(found[-1], finish_reason=text(value.get("stopReason")))
    return found


def read_titan_request(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"inputText": text}"""
    found = value["inputText"]
    return [Message(role="user", content=found)] if isinstance(found, str) else None


def read_titan_response(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """{"results": [{"outputText", "completionReason"}]}"""
    results = value["results"]
    return [
        Message(role="assistant", content=r["outputText"], finish_reason=text(r.get("completionReason")))
        for r in (results if isinstance(results, list) else ())
        if isinstance(r, dict) and isinstance(r.get("outputText"), str)
    ]


def read_completion(value: dict[str, Any], read: Reader) -> list[Message] | None:
    """Claude 2 and AI21: {"completion": text, "stop_reason"}; Llama: {"generation": text}."""
    for key in ("completion", "generation"):
        if isinstance(value.get(key), str) and "stop_reason" in value:
            return [Message(role="assistant", content=value[key], finish_reason=text(value["stop_reason"]))]
    completions = value.get("completions")
    if isinstance(completions, list):
        return [
            Message(role="assistant", content=c["data"]["text"])
            for c in completions
            if isinstance(c, dict)
            and isinstance(c.get("data"), dict)
            and isinstance(c["data"].get("text"), str)
        ]
    return None
