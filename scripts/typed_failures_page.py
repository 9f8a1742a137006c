"""docs/reference/typed-failures.md, out of the code that makes typed failures."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path

from roadworthy.domain import typed_failure
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.connect import status_of_plain
from roadworthy.features.gateway.tools.failure_shapes import failure_result, failure_schema

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "typed-failures.md"
_EXAMPLE = TypedFailure(
    code=FailureCode.TIMEOUT,
    what="crm.find_customer did not answer within 5 s",
    retry=Retry.LATER,
    do_not_conclude="This says nothing about whether the customer exists.",
)
_PLAIN = {
    FailureCode.TIMEOUT: "No answer came within the time it has.",
    FailureCode.UNREACHABLE: "There was no connection, or it broke before an answer came.",
    FailureCode.TOO_LARGE: "The answer is larger than allowed.",
    FailureCode.BUDGET_EXHAUSTED: "The budget of the agent, key or route is spent.",
}
HEAD = """\
# Typed failures

<!-- Written by `make reference` from the code; a test fails when it differs. -->

What fails at the gateway is told so that nobody can take it for data: neither a model that reads text, nor a
program that reads JSON. Nothing that an upstream said is in it. Codes are public and never renamed. How it
reaches agents: [tools](../guide/tools.md).

- **MCP**: a result with `isError: true`; its first text is a sentence for the model, `structuredContent` the
  JSON below. Where the tool itself said that it failed, its own words follow, marked as such.
- **Plain HTTP** (`/connect/...`): the status of the table, `x-roadworthy-failure: <code>`, and the same JSON.
- **Models**: the error of each dialect, with the same code and fields under `roadworthy`.

| code | plain HTTP | what failed |
|---|---|---|
"""


def typed_failures_page() -> str:
    said = _docstrings(FailureCode.__name__)
    rows = "".join(
        f"| `{one.value}` | {status_of_plain(one)} | {said.get(one.name) or _PLAIN[one]} |\n"
        for one in FailureCode
    )
    tries = _docstrings(Retry.__name__)
    retries = "".join(
        f"- `{one.value}`: {tries.get(one.name) or 'The same call may work at once.'}\n" for one in Retry
    )
    example = json.dumps(failure_result(_EXAMPLE), indent=2)
    schema = json.dumps(failure_schema(), indent=2)
    return (
        f"{HEAD}{rows}\n`retry` says whether to try again:\n\n{retries}"
        f"\n## As a tool's result\n\n```json\n{example}\n```\n"
        f"\n## JSON Schema\n\n```json\n{schema}\n```\n"
    )


def _docstrings(name: str) -> dict[str, str]:
    """What stands below each member, on one line."""
    tree = ast.parse(inspect.getsource(typed_failure))
    body = next(one.body for one in tree.body if isinstance(one, ast.ClassDef) and one.name == name)
    found: dict[str, str] = {}
    for member, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(member, ast.Assign) and isinstance(member.targets[0], ast.Name):
            doc = (
                after.value.value
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                else ""
            )
            found[member.targets[0].id] = " ".join(str(doc).split())
    return found
