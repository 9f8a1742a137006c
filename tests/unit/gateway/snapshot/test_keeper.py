"""The snapshot follows the database, outlives it, and takes nothing down with one bad record."""

from __future__ import annotations

import stat
import time
from pathlib import Path

from roadworthy.backends.metadata.sqlite.feed import SqliteRecordFeed
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.metadata import PriceOverride, Record
from roadworthy.contracts.records import as_record
from roadworthy.domain.model_route import (
    Family,
    GatewayKey,
    KeySecret,
    ModelRoute,
    Provider,
    RouteTarget,
)
from roadworthy.features.gateway.snapshot import records as kinds
from roadworthy.features.gateway.snapshot.keeper import SnapshotKeeper
from roadworthy.kit.sealing import Sealer

KINDS = (kinds.ROUTE, kinds.PROVIDER, kinds.KEY, kinds.BUDGET, kinds.LIMIT, "connector")


def route(name: str, *, project: str = "default") -> ModelRoute:
    return ModelRoute(
        project=project, id=name, name=name, targets=(RouteTarget(provider="openai", model="gpt-5"),)
    )


def save(store: SqliteMetadataStore, thing: ModelRoute | Provider | GatewayKey, kind: str, name: str) -> None:
    store.save_records(
        [as_record(thing, project=thing.project, kind=kind, record_id=name, at_ns=time.time_ns())]
    )


def keeper(folder: Path, **more: object) -> SnapshotKeeper:
    return SnapshotKeeper(
        lambda: SqliteRecordFeed(folder / "metadata.db", kinds=KINDS),
        file=folder / "gateway" / "snapshot.json",
        open_secret=Sealer(folder / "secret.key").open,
        **more,  # type: ignore[arg-type]
    )


def test_a_change_is_seen_at_the_next_look(tmp_path: Path) -> None:
    store = SqliteMetadataStore(tmp_path / "metadata.db")
    kept = keeper(tmp_path)
    assert kept.current.of("default").routes.names == []

    save(store, route("planner"), kinds.ROUTE, "planner")

    assert kept.look() is True
    assert kept.current.of("default").routes.names == ["planner"]
    assert kept.look() is False
    assert kept.health().problem == ""
    store.close()


def test_a_provider_key_is_opened_in_memory_and_sealed_in_the_file(tmp_path: Path) -> None:
    store = SqliteMetadataStore(tmp_path / "metadata.db")
    sealed = Sealer(tmp_path / "secret.key").seal("sk-very-secret")
    provider = Provider(
        project="default",
        name="openai",
        bases={Family.OPENAI: "https://api.openai.com/v1"},
        sealed_key=sealed,
    )
    save(store, provider, kinds.PROVIDER, "openai")

    kept = keeper(tmp_path)

    held = kept.current.of("default").providers["openai"]
    assert held.key == "sk-very-secret"
    assert "sk-very-secret" not in repr(kept.current)
    file = tmp_path / "gateway" / "snapshot.json"
    assert "sk-very-secret" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.close()


def test_it_starts_from_the_last_good_one_while_the_database_is_away(tmp_path: Path) -> None:
    store = SqliteMetadataStore(tmp_path / "metadata.db")
    save(store, route("planner"), kinds.ROUTE, "planner")
    store.save_price(
        PriceOverride(
            project="default",
            model="gpt-5",
            from_day="2026-01-01",
            input_usd_per_mtok=1,
            output_usd_per_mtok=2,
        )
    )
    store.close()
    keeper(tmp_path).stop()
    (tmp_path / "metadata.db").rename(tmp_path / "away.db")

    kept = keeper(tmp_path)

    assert kept.current.of("default").routes.names == ["planner"]
    assert kept.current.of("default").prices[0].output_usd_per_mtok == 2
    assert kept.health().from_file
    assert kept.health().age_s is None
    assert "cannot be opened" in kept.health().problem
    (tmp_path / "away.db").rename(tmp_path / "metadata.db")
    kept.look()
    assert kept.health().problem == ""
    assert not kept.health().from_file


def test_another_file_in_its_place_is_noticed(tmp_path: Path) -> None:
    SqliteMetadataStore(tmp_path / "metadata.db").close()
    kept = keeper(tmp_path)
    store = SqliteMetadataStore(tmp_path / "backup.db")
    save(store, route("judge"), kinds.ROUTE, "judge")
    store.close()
    for more in ("-wal", "-shm"):
        (tmp_path / f"metadata.db{more}").unlink(missing_ok=True)
    (tmp_path / "backup.db").rename(tmp_path / "metadata.db")

    kept.look()
    kept.look()

    assert kept.current.of("default").routes.names == ["judge"]


def test_a_bad_record_is_left_out_and_said(tmp_path: Path) -> None:
    store = SqliteMetadataStore(tmp_path / "metadata.db")
    save(store, route("planner"), kinds.ROUTE, "planner")
    store.save_records(
        [Record(project="default", kind=kinds.ROUTE, id="odd", body='{"name": 1}', updated_ns=1)]
    )

    kept = keeper(tmp_path)

    assert kept.current.of("default").routes.names == ["planner"]
    assert kept.health().unreadable == ("gateway_route odd of project default cannot be read",)
    store.close()


def test_a_room_whose_part_breaks_keeps_its_last_one(tmp_path: Path) -> None:
    store = SqliteMetadataStore(tmp_path / "metadata.db")
    broken: list[bool] = []

    def reader(records: object, _: object) -> str:
        if broken:
            raise RuntimeError("no")
        return "good"

    kept = keeper(tmp_path, readers={"connectors": reader})
    broken.append(True)
    save(store, route("planner"), kinds.ROUTE, "planner")
    kept.look()

    assert kept.current.parts["connectors"] == "good"
    assert kept.current.of("default").routes.names == ["planner"]
    assert kept.health().unreadable == ("connectors: RuntimeError: no",)
    store.close()


def test_a_revoked_key_is_gone_and_rotation_overlaps(tmp_path: Path) -> None:
    store = SqliteMetadataStore(tmp_path / "metadata.db")
    key = GatewayKey(
        project="default",
        id="k1",
        name="support",
        agent="support",
        created_ns=1,
        secrets=(
            KeySecret(public_id="b" * 12, hash="h2", created_ns=2),
            KeySecret(public_id="a" * 12, hash="h1", created_ns=1, expires_ns=5),
        ),
    )
    save(store, key, kinds.KEY, "k1")
    kept = keeper(tmp_path)
    assert set(kept.current.keys) == {"a" * 12, "b" * 12}

    revoked = GatewayKey(
        project="default",
        id="k1",
        name="support",
        agent="support",
        created_ns=1,
        secrets=key.secrets,
        revoked_ns=9,
    )
    save(store, revoked, kinds.KEY, "k1")
    kept.look()

    assert kept.current.keys == {}
    store.close()


def test_the_thread_follows_by_itself(tmp_path: Path) -> None:
    store = SqliteMetadataStore(tmp_path / "metadata.db")
    kept = keeper(tmp_path, refresh_s=0.01)
    kept.start()
    save(store, route("planner"), kinds.ROUTE, "planner")
    until = time.monotonic() + 15
    while not kept.current.of("default").routes.names and time.monotonic() < until:
        time.sleep(0.01)
    kept.stop()

    assert kept.current.of("default").routes.names == ["planner"]
    store.close()
