"""Table engines and the folder's settings, the only DDL that differs between embedded and cluster.

A cluster would answer `ReplicatedReplacingMergeTree(...)` and `ON CLUSTER` here; nothing else names one.
"""

from __future__ import annotations

DEDUPLICATION_WINDOW = 1000
"""Batches whose tokens are remembered for each table: a replay of the intake log is at most a few."""

DURABLE = (
    "fsync_after_insert = 1, fsync_part_directory = 1, "
    "min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, "
    f"non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}"
)
"""Without fsync a power cut lost 65 of 65 recent acknowledged inserts, with it none of 51.

Merged parts are synced too: an embedded engine deletes the parts they were made of at once, where a server
keeps them for eight minutes.
"""

MERGED_SELDOM = (
    "min_parts_to_merge_at_once = 12, merge_selector_base = 12, "
    f"max_bytes_to_merge_at_max_space_in_pool = {2**30}, min_partition_age_to_force_merge_seconds = 300"
)
"""Half of what a span costs the engine is to be merged, text index and all, so it is done as seldom as reads
bear: a dozen parts at a time (the base keeps large ones from going along with small ones), and not again
beyond 1 GiB. A day that got nothing for five minutes is merged to the end.
"""

SMALL_BUFFERS = "min_columns_to_activate_adaptive_write_buffer = 1"
"""A merge writes 150 files, each with a buffer: 300 MiB in all, half of that where they grow as they fill."""


def replacing(version: str, *, order_by: str, granularity: int, bounds: str = "", extra: str = "") -> str:
    """Of rows with the same `order_by`, the one with the highest `version` stays.

    Partitions are what retention drops: a project's day. Each part keeps the least and the greatest value of
    `bounds`, a column, in memory, and a query for other values passes it over unopened. The engine does that
    for the columns of the partition key alone, so it stands there, as one value for all rows.
    """
    partition = f"project, day, ignore({bounds})" if bounds else "project, day"
    return (
        f"ENGINE = ReplacingMergeTree({version}) PARTITION BY ({partition}) ORDER BY ({order_by}) "
        f"SETTINGS index_granularity = {granularity}, {DURABLE}, {MERGED_SELDOM}, {SMALL_BUFFERS}"
        f"{', ' + extra if extra else ''}"
    )


def plain(*, order_by: str) -> str:
    return (
        f"ENGINE = MergeTree ORDER BY ({order_by}) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"
    )
