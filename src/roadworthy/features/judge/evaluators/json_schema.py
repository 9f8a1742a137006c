"""The text is JSON that fits a schema."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson
from pydantic import Field, field_validator

from roadworthy.features.judge.evaluators.evaluator import Evaluator, Verdict, passed, unknown
from roadworthy.features.judge.evaluators.subject import Subject
from roadworthy.features.judge.transcript import Transcript

ERRORS_SHOWN = 5
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n[ \t]*```", re.DOTALL)


class JsonSchemaConfig(Subject):
    # (`schema` would hide a method of the base class.)
    json_schema: dict[str, Any] | bool = Field(description="JSON Schema, any draft; nothing is fetched.")
    fenced: bool = Field(default=True, description="The JSON may stand in a ``` block, with words round it.")

    @field_validator("json_schema")
    @classmethod
    def _compiles(cls, schema: Any) -> Any:
        try:
            _validator(orjson.dumps(schema))
        except jsonschema_rs.ValidationError as refused:
            raise ValueError(f"no JSON Schema: {refused.message}") from None
        except (ValueError, TypeError, orjson.JSONEncodeError) as refused:
            raise ValueError(f"no JSON Schema: {refused}") from None
        return schema


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    """Offline, so that no schema makes the server read a file or an address; patterns in linear time."""
    return jsonschema_rs.validator_for(
        orjson.loads(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )


def evaluate(transcript: Transcript, config: JsonSchemaConfig) -> Verdict:
    pieces = config.pieces(transcript)
    if not pieces:
        return unknown(config.nothing())
    validator = _validator(orjson.dumps(config.json_schema))
    for piece in pieces:
        problem = _problem(piece.text, validator, fenced=config.fenced)
        if problem:
            return passed(ok=False, explanation=problem, evidence=(piece.evidence(0, len(piece.text)),))
    return passed(ok=True)


def _problem(text: str, validator: jsonschema_rs.Validator, *, fenced: bool) -> str:
    try:
        value = orjson.loads(_body(text, fenced=fenced))
    except (ValueError, UnicodeEncodeError) as broken:
        return f"not JSON: {broken}"
    said = []
    for error in validator.iter_errors(value):
        place = "/" + "/".join(str(part) for part in error.instance_path)
        said.append(f"{place}: {error.message[:200]}")
        if len(said) == ERRORS_SHOWN:
            break
    return "; ".join(said)


def _body(text: str, *, fenced: bool) -> str:
    found = _FENCE.search(text) if fenced and "```" in text else None
    return found.group(1) if found else text


EVALUATOR = Evaluator(
    name="json_schema",
    title="JSON schema",
    description="1 where every text looked at is JSON that fits the schema.",
    config=JsonSchemaConfig,
    evaluate=evaluate,
)
