"""One batch of intake records made ready for the store: decoded, masked, priced, joined to runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import orjson

from roadworthy.contracts.intake import IntakeEntry, Signal
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.score import Score
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind
from roadworthy.features.ingest.decode import Decoded, decode
from roadworthy.features.ingest.log_content import LogContent, join_content
from roadworthy.features.ingest.otlp_body import BadBody
from roadworthy.features.ingest.runs.tracker import RunTracker
from roadworthy.features.ingest.said_cost import said_cost

_BUILD_DATE = re.compile(r"[-@](?:20\d\d-\d\d-\d\d|20\d{6})$")
_COUNTED = frozenset({SpanKind.LLM, SpanKind.EMBEDDING, SpanKind.RERANKER})


class SpanPricer(Protocol):
    """What `features.ingest.price.Pricer` does for a span. None where nothing is known."""

    def cost(
        self,
        *,
        project: str,
        provider: str,
        model: str,
        at_ns: int,
        input_tokens: int | None,
        output_tokens: int | None,
        cache_read: int | None = None,
        cache_write: int | None = None,
        reasoning: int | None = None,
    ) -> float | None: ...


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What the records of one batch say, before runs are assembled. `next_offset` is what to commit."""

    first_offset: int
    next_offset: int
    records: int = 0
    spans: list[Span] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    contents: list[LogContent] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of ingest that others own, each replaceable."""

    mask_spans: Callable[[Sequence[Span]], object]
    """Masks in place, before anything is stored."""
    mask_texts: Callable[[Sequence[str]], Sequence[str]]
    """The same for texts of no span yet, in order."""
    pricer: SpanPricer


def gather(entries: Sequence[IntakeEntry], *, steps: Steps) -> Gathered:
    """Decode, mask and price. Never raises over what a record holds: what cannot be read is a rejection."""
    batch = Gathered(first_offset=entries[0].offset, next_offset=entries[-1].next_offset)
    for entry in entries:
        decoded = _decoded(entry)
        batch.records += 1
        batch.spans.extend(decoded.spans)
        batch.scores.extend(decoded.scores)
        batch.contents.extend(decoded.log_contents)
        batch.rejections.extend(decoded.rejections)
    steps.mask_spans(batch.spans)
    for span in batch.spans:
        if span.kind in _COUNTED:
            span.cost_usd = price_span(span, pricer=steps.pricer)
    if batch.contents:
        _mask_contents(batch.contents, steps=steps)
    if batch.scores:
        said = steps.mask_texts([s.explanation for s in batch.scores])
        batch.scores = [replace(s, explanation=text) for s, text in zip(batch.scores, said, strict=True)]
    return batch


def join_contents(batch: Gathered, *, tracker: RunTracker) -> None:
    """Put the content of log records into their spans, or into placeholders until these come."""
    if not batch.contents:
        return
    here = {(s.project, s.trace_id, s.span_id): i for i, s in enumerate(batch.spans)}
    for content in batch.contents:
        at = (content.project, content.trace_id, content.span_id)
        if not content.trace_id or not content.span_id:
            continue
        index = here.get(at)
        if index is not None:
            batch.spans[index] = join_content(batch.spans[index], content)
            continue
        held = tracker.held(project=at[0], trace_id=at[1], span_id=at[2], start_ns=content.at_ns)
        here[at] = len(batch.spans)
        batch.spans.append(join_content(held if held is not None else _placeholder(content), content))


def price_span(span: Span, *, pricer: SpanPricer) -> float | None:
    """USD of one model call: by our prices, else as the sender said. None for totals of children."""
    if SpanFlag.AGGREGATE in span.flags:
        return None
    for model in _names_on_a_price_list(span):
        cost = pricer.cost(
            project=span.project,
            provider=span.provider,
            model=model,
            at_ns=span.start_ns,
            input_tokens=span.input_tokens,
            output_tokens=span.output_tokens,
            cache_read=span.cache_read_tokens,
            cache_write=span.cache_write_tokens,
            reasoning=span.reasoning_tokens,
        )
        if cost is not None:
            return cost
    return said_cost(span.attributes)


def _names_on_a_price_list(span: Span) -> Iterable[str]:
    """The model that answered; where no list knows that build, the one that was asked for, then the model
    without the date of its build (`gpt-4o-mini-2026-07-18`, `claude-sonnet-4-5@20250929`)."""
    answered = span.model_answered or span.model_asked
    return dict.fromkeys((answered, span.model_asked or answered, _BUILD_DATE.sub("", answered)))


def _decoded(entry: IntakeEntry) -> Decoded:
    record = entry.record
    if record.signal is Signal.REJECTION:
        return Decoded(rejections=[_stored_rejection(entry)])
    try:
        return decode(record, version=entry.offset)
    except BadBody as bad:
        return Decoded(rejections=[unreadable(entry, code=bad.code, reason=str(bad))])
    except Exception as fault:  # noqa: BLE001 - one body must never stop the log: it is reported instead
        return Decoded(
            rejections=[unreadable(entry, code="internal", reason=f"could not be read: {fault!r}")]
        )


def _mask_contents(contents: Sequence[LogContent], *, steps: Steps) -> None:
    """In place, all texts at once: masked one by one, each is searched for every kind of secret."""
    texts = [
        text
        for one in contents
        for text in (one.input, one.output, one.tool_definitions, *one.attributes.values())
    ]
    masked = iter(steps.mask_texts(texts))
    for one in contents:
        one.input, one.output, one.tool_definitions = next(masked), next(masked), next(masked)
        one.attributes = {key: next(masked) for key in one.attributes}


def _placeholder(content: LogContent) -> Span:
    return Span(
        project=content.project,
        trace_id=content.trace_id,
        span_id=content.span_id,
        name="(waiting for its span)",
        start_ns=content.at_ns,
        end_ns=content.at_ns,
        received_ns=content.at_ns,
        version=content.version,
        input_format=ContentFormat.NONE,
        flags=(SpanFlag.PLACEHOLDER,),
    )


def _stored_rejection(entry: IntakeEntry) -> Rejection:
    try:
        values = orjson.loads(entry.record.body)
        return replace(Rejection(**values), version=entry.offset)
    except (ValueError, TypeError) as fault:
        return unreadable(entry, code="internal", reason=f"a rejection that could not be read: {fault}")


def unreadable(entry: IntakeEntry, *, code: str, reason: str) -> Rejection:
    record = entry.record
    return Rejection(
        project=record.project,
        at_ns=record.received_ns,
        signal=record.signal.name.lower(),
        reason=reason,
        code=code,
        version=entry.offset,
    )
