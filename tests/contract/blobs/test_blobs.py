"""What every blob store promises, against each of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.backends.blobs.files import BlobLimits, FileBlobReader, FileBlobStore
from roadworthy.contracts.blobs import Blob, BlobReader, BlobStore, BlobTooLarge

LIMITS = BlobLimits(blob=1 << 20, pack=8192, free_floor=0)
Opening = Callable[[Path], BlobStore]
Reading = Callable[[Path], BlobReader]
STORES: dict[str, tuple[Opening, Reading]] = {
    "files": (
        lambda folder: FileBlobStore(folder / "blobs", limits=LIMITS),
        lambda f: FileBlobReader(f / "blobs"),
    ),
}
MONDAY, TUESDAY = "2026-11-16", "2026-11-17"


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[BlobStore, BlobReader]]:
    """A store, and a reader of it as another process has one."""
    make, read = STORES[request.param]
    store, reader = make(tmp_path), read(tmp_path)
    yield store, reader
    reader.close()
    store.close()


def blob(data: bytes, *, project: str = "p", day: str = MONDAY) -> Blob:
    return Blob(project=project, day=day, data=data)


def test_what_was_put_is_read_by_its_digest(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened
    held = [b"", b"a", b"recording " * 500, os.urandom(100_000)]

    digests = store.put([blob(data) for data in held])

    assert digests == [hashlib.sha256(data).hexdigest() for data in held]
    assert [reader.get("p", digest) for digest in digests] == held
    assert [reader.get("p", digest, day=TUESDAY) for digest in digests] == held, "the day is a hint"


def test_many_puts_many_packs(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened
    held = [os.urandom(3000) for _ in range(20)]

    digests = [store.put([blob(data)])[0] for data in held]

    assert [reader.get("p", digest, day=MONDAY) for digest in digests] == held


def test_the_same_twice_is_kept_once(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened
    data = os.urandom(5000)
    first = store.put([blob(data), blob(data)])
    size = reader.bytes_on_disk("p")

    again = store.put([blob(data)])

    assert {*first, *again} == {hashlib.sha256(data).hexdigest()}
    assert reader.bytes_on_disk("p") == size
    assert size < 6000


def test_nobody_reads_what_is_anothers(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened
    (digest,) = store.put([blob(b"mine", project="a")])

    assert reader.get("b", digest) is None
    assert reader.get("a", digest) == b"mine"
    for project in ("..", ".", "a/../a", ""):
        assert reader.get(project, digest) is None


@pytest.mark.parametrize("digest", ["", "x", "0" * 64, "ab" * 31, "f" * 64, "../../etc/passwd"])
def test_what_is_not_there_is_none(opened: tuple[BlobStore, BlobReader], digest: str) -> None:
    store, reader = opened
    store.put([blob(b"something")])

    assert reader.get("p", digest) is None
    assert store.delete("p", digest) is False


def test_too_large_a_blob_is_refused_with_all_of_its_call(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened

    with pytest.raises(BlobTooLarge, match="at most"):
        store.put([blob(b"small"), blob(bytes((1 << 20) + 1))])

    assert reader.get("p", hashlib.sha256(b"small").hexdigest()) is None


def test_a_deleted_blob_is_gone_and_may_come_again(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened
    first, second = store.put([blob(b"first" * 99), blob(b"second" * 99)])

    assert store.delete("p", first) is True

    assert reader.get("p", first) is None
    assert reader.get("p", second) == b"second" * 99
    assert store.delete("p", first) is False
    assert store.put([blob(b"first" * 99)]) == [first]
    assert reader.get("p", first) == b"first" * 99


def test_days_are_dropped_whole(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened
    old, new = store.put([blob(b"old", day=MONDAY), blob(b"new", day=TUESDAY)])
    (other,) = store.put([blob(b"old", day=MONDAY, project="q")])

    assert store.drop_days_before("p", TUESDAY) == 1
    assert store.drop_days_before("p", TUESDAY) == 0

    assert reader.get("p", old) is None
    assert reader.get("p", new) == b"new"
    assert reader.get("q", other) == b"old"
    assert store.put([blob(b"old", day=MONDAY)]) == [old]
    assert reader.get("p", old) == b"old"


def test_a_project_is_deleted_and_no_other(opened: tuple[BlobStore, BlobReader]) -> None:
    store, reader = opened
    mine, other = store.put([blob(b"x"), blob(b"x", project="q")])

    store.delete_project("p")
    store.delete_project("never there")

    assert reader.get("p", mine) is None
    assert reader.bytes_on_disk("p") == 0
    assert reader.get("q", other) == b"x"
    assert store.put([blob(b"x")]) == [mine]
    assert reader.get("p", mine) == b"x"


@settings(max_examples=30)
@given(st.lists(st.lists(st.binary(max_size=300), max_size=6), max_size=6))
def test_whatever_is_put_in_whatever_groups(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[bytes]]
) -> None:
    for make, read in STORES.values():
        folder = tmp_path_factory.mktemp("blobs")
        store = make(folder)
        digests = [store.put([blob(data) for data in group]) for group in groups]
        store.close()
        again, reader = make(folder), read(folder)
        for group, named in zip(groups, digests, strict=True):
            assert [reader.get("p", digest) for digest in named] == group
        again.close()
