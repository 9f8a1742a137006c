"""An OpenAPI 3 document read into tools (spec 3.0.4 and 3.1.1).

References inside the document are followed, others are not fetched: nothing of a stranger's document leads
anywhere. `servers` are ignored: the connector's URL says where calls go.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolSpec
from roadworthy.features.gateway.connectors.arguments import object_schema
from roadworthy.features.gateway.connectors.http.operation import IDEMPOTENT, SAFE, Call
from roadworthy.features.gateway.connectors.settings.http import OpenApi
from roadworthy.kit.yaml_documents import YamlInvalid, read_documents

_METHODS = ("get", "head", "post", "put", "patch", "delete")
_DEPTH = 12
"""How deep references are followed; what is deeper, or contains itself, takes anything."""
_NODES = 20_000
_OWN_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""OpenAPI 3.1.1, 4.8.12.2: parameters of these names are ignored."""


class DocumentInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """Says where in the document, and what was expected."""


def read_calls(settings: OpenApi) -> list[Call]:
    """Raises DocumentInvalid. Operations that need what cannot be sent (cookies, files) are left out."""
    document = _document(settings.document)
    paths = document.get("paths")
    if not str(document.get("openapi", "")).startswith("3.") or not isinstance(paths, dict):
        raise DocumentInvalid("expected an OpenAPI 3 document with paths")
    reader = _Reader(document)
    calls: dict[str, Call] = {}
    for path, item in paths.items():
        item = reader.resolved(item)
        if not isinstance(item, dict) or not str(path).startswith("/"):
            continue
        for method in _METHODS:
            operation = item.get(method)
            if not isinstance(operation, dict):
                continue
            name = _name(operation.get("operationId") or f"{method}_{path}", taken=calls)
            if _chosen(settings, name=name, said=str(operation.get("operationId", ""))):
                call = reader.call(name, method=method, path=str(path), item=item, operation=operation)
                if call is not None:
                    calls[name] = call
    return list(calls.values())


def _document(said: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(said, dict):
        return said
    try:
        found = orjson.loads(said) if said.lstrip().startswith("{") else read_documents(said)[0]
    except (ValueError, YamlInvalid, IndexError) as fault:
        raise DocumentInvalid(f"neither JSON nor YAML: {str(fault)[:200]}") from None
    if not isinstance(found, dict):
        raise DocumentInvalid("expected an object")
    return found


def _chosen(settings: OpenApi, *, name: str, said: str) -> bool:
    def fits(patterns: list[str]) -> bool:
        return any(fnmatch.fnmatchcase(one, pattern) for pattern in patterns for one in (name, said))

    return (not settings.include or fits(settings.include)) and not fits(settings.exclude)


def _name(said: str, *, taken: Mapping[str, Any]) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", said).strip("_")[:60] or "operation"
    if not name[0].isalpha():
        name = f"_{name}"
    unique, number = name, 2
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    return unique


class _Reader:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def resolved(self, node: Any) -> Any:
        """What a reference leads to; {} where it leads out of the document or in circles."""
        for _ in range(_DEPTH):
            if not isinstance(node, dict) or "$ref" not in node:
                return node
            node = self._at(str(node["$ref"]))
        return {}

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            return {}
        node: Any = self._document
        for part in reference[2:].split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            node = node.get(part, {}) if isinstance(node, dict) else {}
        return node

    def schema(self, node: Any) -> Any:
        """Without references. Raises DocumentInvalid where it unfolds beyond reason."""
        return self._unfolded(node, depth=0, left=[_NODES])

    def _unfolded(self, node: Any, *, depth: int, left: list[int]) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise DocumentInvalid(f"a schema unfolds to more than {_NODES} parts")
        if isinstance(node, list):
            return [self._unfolded(one, depth=depth, left=left) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            if depth >= _DEPTH:
                return {}
            return self._unfolded(self._at(str(node["$ref"])), depth=depth + 1, left=left)
        made = {
            key: self._unfolded(value, depth=depth, left=left)
            for key, value in node.items()
            if key not in ("example", "examples", "xml", "externalDocs", "discriminator", "nullable")
        }
        if node.get("nullable") is True and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        for bound in ("exclusiveMinimum", "exclusiveMaximum"):
            if isinstance(made.get(bound), bool):  # 3.0 has JSON Schema's draft 4
                inclusive = "minimum" if bound == "exclusiveMinimum" else "maximum"
                if made.pop(bound) and inclusive in made:
                    made[bound] = made.pop(inclusive)
        return made

    def call(
        self, name: str, *, method: str, path: str, item: dict[str, Any], operation: dict[str, Any]
    ) -> Call | None:
        parameters = self._parameters(item, operation)
        if any(one.get("in") == "cookie" and one.get("required") for one in parameters):
            return None
        properties: dict[str, Any] = {}
        required: list[str] = []
        query: dict[str, Any] = {}
        headers: dict[str, str] = {}
        renamed: dict[str, str] = {}
        for one in parameters:
            said, place = str(one.get("name", "")), one.get("in")
            if place == "cookie" or not said or (place == "header" and said.lower() in _OWN_HEADERS):
                continue
            argument = self._argument(said, taken=properties)
            properties[argument] = self._described(one)
            if one.get("required") or place == "path":
                required.append(argument)
            if place == "query":
                query[said] = f"{{{argument}}}"
            elif place == "header":
                headers[said] = f"{{{argument}}}"
            elif place == "path":
                renamed[said] = argument
        body, form = self._body(operation, properties=properties, required=required)
        if body is _CANNOT:
            return None
        for said, argument in renamed.items():
            path = path.replace(f"{{{said}}}", f"{{{argument}}}")
        description = str(
            operation.get("description") or operation.get("summary") or f"{method.upper()} {path}"
        )
        spec = ToolSpec(
            name=name,
            description=description[:8_000],
            arguments=object_schema(properties, required=required),
            result=self._result(operation),
            read_only=method.upper() in SAFE,
            idempotent=method.upper() in IDEMPOTENT,
        )
        return Call(
            spec=spec, method=method.upper(), path=path, query=query, headers=headers, body=body, form=form
        )

    def _parameters(self, item: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
        """Those of the operation come before those of its path (4.8.10)."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for one in [*(item.get("parameters") or []), *(operation.get("parameters") or [])]:
            one = self.resolved(one)
            if isinstance(one, dict):
                found[(str(one.get("name")), str(one.get("in")))] = one
        return list(found.values())

    def _described(self, parameter: dict[str, Any]) -> dict[str, Any]:
        content = parameter.get("content")
        schema = parameter.get("schema") or {}
        if isinstance(content, dict) and content:
            schema = {"type": "string"}
        made = self.schema(schema)
        made = made if isinstance(made, dict) else {}
        if parameter.get("description"):
            made = {**made, "description": str(parameter["description"])[:2_000]}
        return made

    @staticmethod
    def _argument(said: str, *, taken: Mapping[str, Any]) -> str:
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", said)
        name = name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"
        while name in taken:
            name += "_"
        return name

    def _body(
        self, operation: dict[str, Any], *, properties: dict[str, Any], required: list[str]
    ) -> tuple[Any, bool]:
        """(template, whether it goes as a form)."""
        said = self.resolved(operation.get("requestBody") or {})
        content = said.get("content") if isinstance(said, dict) else None
        if not content:
            return None, False
        kinds = {str(key).split(";")[0].strip().lower(): value for key, value in content.items()}
        json_kind = next((one for one in kinds if one == "application/json" or one.endswith("+json")), None)
        form = json_kind is None and "application/x-www-form-urlencoded" in kinds
        chosen = json_kind or ("application/x-www-form-urlencoded" if form else None)
        if chosen is None:
            return (_CANNOT, False) if said.get("required") else (None, False)
        schema = self.schema((kinds[chosen] or {}).get("schema") or {})
        if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
            template: dict[str, str] = {}
            for key, value in schema["properties"].items():
                argument = self._argument(str(key), taken=properties)
                properties[argument] = value
                template[str(key)] = f"{{{argument}}}"
                if key in (schema.get("required") or []) and said.get("required", True):
                    required.append(argument)
            return template, form
        argument = self._argument("body", taken=properties)
        properties[argument] = schema
        if said.get("required"):
            required.append(argument)
        return f"{{{argument}}}", form

    def _result(self, operation: dict[str, Any]) -> dict[str, Any] | None:
        responses = operation.get("responses")
        if not isinstance(responses, dict):
            return None
        for status in ("200", "201", "202", "2XX", "default"):
            answer = self.resolved(responses.get(status) or {})
            content = answer.get("content") if isinstance(answer, dict) else None
            for kind, value in (content or {}).items():
                if "json" in str(kind) and isinstance(value, dict) and value.get("schema"):
                    made = self.schema(value["schema"])
                    return made if isinstance(made, dict) else None
        return None


_CANNOT: Any = object()
