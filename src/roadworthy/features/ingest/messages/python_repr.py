"""Messages recorded as Python prints them: Agno and AutoGen under OpenInference.

"role='user' content='Hello' name=None …" or "id='…' source='user' … content='Hello' type='TextMessage'".
"""

from __future__ import annotations

import ast
import re

from roadworthy.domain.message import Message
from roadworthy.features.ingest.messages.draft import role_of

_LONGEST = 20_000
_LITERAL = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_ROLE = re.compile(rf"(?:^|[\s(])(role|source)={_LITERAL}(?=\s|,|$)")
_CONTENT = re.compile(rf"(?:^|[\s(])content={_LITERAL}(?=\s|,|\)|$)", re.DOTALL)


def read_text(value: str) -> list[Message]:
    """The message in a printed object; [] where it is something else."""
    if "content=" not in value:
        return []
    role, content = _ROLE.search(value), _CONTENT.search(value)
    if role is None or content is None:
        return []
    speaker, said = _literal(role[2]), _literal(content[1])
    if role[1] == "role":
        known = role_of(speaker, "")
        return [Message(role=known, content=said)] if known else []
    if speaker == "user":
        return [Message(role="user", content=said)]
    return [Message(role="assistant", content=said, name=speaker)]


_PRINTED_RESULT = re.compile(rf"content={_LITERAL} (?:[a-z_]+=.*)?tool_call_id='", re.DOTALL)


def printed_content(value: object) -> object:
    """What a tool gave, out of LangChain's printed message around it; anything else as it came."""
    if isinstance(value, str) and value.startswith("content=") and (found := _PRINTED_RESULT.match(value)):
        return _literal(found[1])
    return value


def _literal(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text[1:-1]


def printed_fields(value: str) -> dict[str, object]:
    """Those fields of an object as Python prints it that are plain values; {} where it is cut or longer than
    anybody prints."""
    if len(value) > _LONGEST:
        return {}
    try:
        call = ast.parse(value, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    fields: dict[str, object] = {}
    for keyword in call.keywords if isinstance(call, ast.Call) else ():
        try:
            fields[keyword.arg or ""] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError):
            continue
    return fields
