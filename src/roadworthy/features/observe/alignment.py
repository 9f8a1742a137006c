"""Two runs side by side: which step of one answers which step of the other, and where they first part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.domain.span import Span, SpanFlag, SpanKind
from roadworthy.domain.step_relation import StepRelation
from roadworthy.kit.pairing import paired

_LIMIT = 4000
"""Steps of each run that are compared: alignment takes time with the product of both lengths."""


_CONTAINERS = frozenset({SpanKind.AGENT, SpanKind.WORKFLOW, SpanKind.CHAIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedStep:
    left: Span | None
    right: Span | None
    relation: StepRelation
    differs: tuple[str, ...] = ()
    """Of a changed step: status, input, output, model, tokens (in that order)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    steps: tuple[AlignedStep, ...]
    first_divergence: int | None
    """Index into `steps` of the first step where what happened differs; None where the runs are alike.
    Tokens alone do not count, nor does the output of a step that holds others."""
    truncated: bool
    """Whether one of the runs had more steps than are compared."""


def align(left: Sequence[Span], right: Sequence[Span]) -> Alignment:
    """Aligns the steps of two runs in order of their start.

    Steps match by kind and by what they are (tool name, agent, model's role), not by ids or time; the
    longest common blocks are kept together (`kit.pairing`). Merged duplicates and spans of no GenAI meaning
    are left out.
    """
    a, b = _steps(left), _steps(right)
    truncated = len(a) > _LIMIT or len(b) > _LIMIT
    a, b = a[:_LIMIT], b[:_LIMIT]
    steps: list[AlignedStep] = []
    for i, j in paired([_key(s) for s in a], [_key(s) for s in b]):
        if i is not None and j is not None:
            steps.append(_pair(a[i], b[j]))
        elif i is not None:
            steps.append(AlignedStep(left=a[i], right=None, relation=StepRelation.ONLY_LEFT))
        elif j is not None:
            steps.append(AlignedStep(left=None, right=b[j], relation=StepRelation.ONLY_RIGHT))
    first = next((i for i, step in enumerate(steps) if _diverges(step)), None)
    return Alignment(steps=tuple(steps), first_divergence=first, truncated=truncated)


def _steps(spans: Sequence[Span]) -> list[Span]:
    kept = [s for s in spans if not s.merged_into and s.kind is not SpanKind.OTHER]
    return sorted(kept, key=_when)


def _when(span: Span) -> tuple[int, bool, float, str]:
    """By start; of steps that start together the one that ends last, which holds the others, comes first."""
    end = -span.end_ns if span.end_ns else float("-inf")
    return (span.start_ns, SpanFlag.INFERRED in span.flags, end, span.span_id)


def _key(span: Span) -> tuple[str, str]:
    if span.kind in (SpanKind.TOOL, SpanKind.MCP):
        return (SpanKind.TOOL, span.tool_name or span.name)
    if span.kind in (SpanKind.LLM, SpanKind.EMBEDDING):
        # Not the name: it often holds the model ("chat gpt-5"), and a model may be what was changed.
        return (span.kind, span.agent)
    if span.kind is SpanKind.HANDOFF:
        return (span.kind, span.handoff_to or span.name)
    return (span.kind, span.agent or span.name)


def _pair(left: Span, right: Span) -> AlignedStep:
    differs: list[str] = []
    if (left.status == "error") != (right.status == "error") or left.error_type != right.error_type:
        differs.append("status")
    if left.input != right.input:
        differs.append("input")
    if left.output != right.output:
        differs.append("output")
    if (left.model_answered or left.model_asked) != (right.model_answered or right.model_asked):
        differs.append("model")
    if (left.input_tokens, left.output_tokens) != (right.input_tokens, right.output_tokens):
        differs.append("tokens")
    relation = StepRelation.CHANGED if differs else StepRelation.SAME
    return AlignedStep(left=left, right=right, relation=relation, differs=tuple(differs))


def _diverges(step: AlignedStep) -> bool:
    if step.relation is StepRelation.CHANGED:
        harmless = {"tokens"}
        if step.left is not None and step.left.kind in _CONTAINERS:
            # What an agent answered and how it ended is what the steps inside it made of it.
            harmless |= {"output", "status"}
        return not harmless.issuperset(step.differs)
    return step.relation is not StepRelation.SAME
