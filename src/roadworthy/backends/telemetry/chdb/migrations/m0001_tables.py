"""Version 1: spans, runs, and what leads from one to the other.

Not released yet: until then it is changed in place. A folder written before may lack columns: start anew.
Sizes and speeds behind these choices: docs/adr/0004-telemetry-layout.md.
"""

from __future__ import annotations

from roadworthy.backends.telemetry.chdb.engines import replacing

_SPANS = """
CREATE TABLE IF NOT EXISTS spans (
    project LowCardinality(String),
    day Date,
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_id String CODEC(ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1)),
    start_ns Int64 CODEC(Delta, ZSTD(1)),
    end_ns Int64 CODEC(Delta, ZSTD(1)),
    received_ns Int64 CODEC(Delta, ZSTD(1)),
    name LowCardinality(String),
    kind LowCardinality(String),
    dialect LowCardinality(String),
    scope LowCardinality(String),
    status LowCardinality(String),
    error_type LowCardinality(String),
    error String CODEC(ZSTD(1)),
    service LowCardinality(String),
    release LowCardinality(String),
    environment LowCardinality(String),
    agent LowCardinality(String),
    workflow LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    provider LowCardinality(String),
    model_asked LowCardinality(String),
    model_answered LowCardinality(String),
    response_id String CODEC(ZSTD(1)),
    finish_reason LowCardinality(String),
    input_tokens Nullable(Int64) CODEC(ZSTD(1)),
    output_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cache_read_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cache_write_tokens Nullable(Int64) CODEC(ZSTD(1)),
    reasoning_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    tool_name LowCardinality(String),
    tool_call_id String CODEC(ZSTD(1)),
    handoff_to LowCardinality(String),
    input String CODEC(ZSTD(3)),
    output String CODEC(ZSTD(3)),
    outcome LowCardinality(String),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    packed String CODEC(ZSTD(3)),
    flags Array(LowCardinality(String)),
    join_keys Array(String) CODEC(ZSTD(1)),
    INDEX by_start start_ns TYPE minmax GRANULARITY 4,
    INDEX by_attribute_key mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_attribute_value mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_text lowerUTF8(concat(input, ' ', output))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking')
)
"""

_RUNS = """
CREATE TABLE IF NOT EXISTS runs (
    project LowCardinality(String),
    day Date,
    id String CODEC(ZSTD(1)),
    sort_ns Int64 CODEC(Delta, ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1)),
    trace_ids Array(String) CODEC(ZSTD(1)),
    root_span_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    agent LowCardinality(String),
    agents Array(LowCardinality(String)),
    service LowCardinality(String),
    release LowCardinality(String),
    environment LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    started_ns Int64 CODEC(Delta, ZSTD(1)),
    ended_ns Int64 CODEC(Delta, ZSTD(1)),
    duration_ns Nullable(Int64) CODEC(ZSTD(1)),
    status LowCardinality(String),
    outcome LowCardinality(String),
    outcome_source LowCardinality(String),
    outcome_reason String CODEC(ZSTD(1)),
    model_calls Int64 CODEC(ZSTD(1)),
    failed_model_calls Int64 CODEC(ZSTD(1)),
    tool_calls Int64 CODEC(ZSTD(1)),
    failed_tool_calls Int64 CODEC(ZSTD(1)),
    inferred_tool_calls Int64 CODEC(ZSTD(1)),
    inferred_failed_tool_calls Int64 CODEC(ZSTD(1)),
    negative_results Int64 CODEC(ZSTD(1)),
    tools Array(LowCardinality(String)),
    failed_tools Array(LowCardinality(String)),
    models Array(LowCardinality(String)),
    input_tokens Nullable(Int64) CODEC(ZSTD(1)),
    output_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cache_read_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cache_write_tokens Nullable(Int64) CODEC(ZSTD(1)),
    reasoning_tokens Nullable(Int64) CODEC(ZSTD(1)),
    cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    error_type LowCardinality(String),
    error String CODEC(ZSTD(1)),
    input String CODEC(ZSTD(3)),
    final_answer String CODEC(ZSTD(3)),
    spans Int64 CODEC(ZSTD(1)),
    merged_spans Int64 CODEC(ZSTD(1)),
    missing_parents Int64 CODEC(ZSTD(1)),
    unended_spans Int64 CODEC(ZSTD(1)),
    flags Array(LowCardinality(String)),
    dialects Array(LowCardinality(String)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    step_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    packed String CODEC(ZSTD(3)),
    judged LowCardinality(String),
    p_failure Nullable(Float64) CODEC(ZSTD(1)),
    detectors Array(LowCardinality(String)),
    modes Array(LowCardinality(String)),
    issues Array(LowCardinality(String)),
    superseded_by String CODEC(ZSTD(1))
)
"""

_TRACE_RUNS = """
CREATE TABLE IF NOT EXISTS trace_runs (
    project LowCardinality(String),
    day Date,
    trace_id String CODEC(ZSTD(1)),
    run_id String CODEC(ZSTD(1)),
    sort_ns Int64 CODEC(Delta, ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
"""

_JOIN_KEYS = """
CREATE TABLE IF NOT EXISTS join_keys (
    project LowCardinality(String),
    day Date,
    key String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1)),
    INDEX by_key key TYPE bloom_filter(0.001) GRANULARITY 1
)
"""

_SCORES = """
CREATE TABLE IF NOT EXISTS scores (
    project LowCardinality(String),
    day Date,
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    run_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    value Nullable(Float64) CODEC(ZSTD(1)),
    label String CODEC(ZSTD(1)),
    source LowCardinality(String),
    evaluator_version LowCardinality(String),
    explanation String CODEC(ZSTD(3)),
    evidence String CODEC(ZSTD(3)),
    author LowCardinality(String),
    mode LowCardinality(String),
    cost_usd Nullable(Float64) CODEC(ZSTD(1)),
    sampled Nullable(Float64) CODEC(ZSTD(1)),
    at_ns Int64 CODEC(Delta, ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1)),
    subject String MATERIALIZED if(run_id = '', concat('trace:', trace_id), concat('run:', run_id))
)
"""

_REJECTIONS = """
CREATE TABLE IF NOT EXISTS rejections (
    project LowCardinality(String),
    day Date,
    at_ns Int64 CODEC(Delta, ZSTD(1)),
    signal LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    code LowCardinality(String),
    count Int64 CODEC(ZSTD(1)),
    peer String CODEC(ZSTD(1)),
    user_agent LowCardinality(String),
    sample String CODEC(ZSTD(1)),
    version Int64 CODEC(Delta, ZSTD(1))
)
"""


def statements() -> list[str]:
    """Each can be run again: a crash in the middle is mended by the next start."""
    return [
        _SPANS
        + replacing(
            "version",
            order_by="project, trace_id, span_id",
            granularity=1024,
            bounds="start_ns",
            # What one batch inserts is a few files, not 150 to be synced. A merge may not keep 1 GiB of words
            # in memory, which is the engine's default and more than it gets.
            extra=f"min_bytes_for_wide_part = {64 * 2**20}, "
            f"text_index_max_memory_usage_before_flush = {64 * 2**20}",
        ),
        _RUNS + replacing("version", order_by="project, sort_ns, id", granularity=512),
        _TRACE_RUNS + replacing("version", order_by="project, trace_id, run_id", granularity=512),
        _JOIN_KEYS + replacing("version", order_by="project, key, trace_id", granularity=512),
        _SCORES
        + replacing(
            "version",
            order_by="project, subject, span_id, name, source, evaluator_version, at_ns",
            granularity=512,
        ),
        _REJECTIONS
        + replacing(
            "version",
            order_by="project, at_ns, version, signal, code, reason, count, peer, user_agent, sample",
            granularity=1024,
        ),
    ]
