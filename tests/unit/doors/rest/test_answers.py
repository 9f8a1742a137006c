"""Answers are compressed where that is worth it, and the same either way."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.unit.doors.rest.desk import Desk

LONG = "/api/v1/runs?limit=50"
SCRIPT = "step();" * 1000


@pytest.fixture
def busy(desk: Desk, tmp_path: Path) -> Desk:
    desk.write(*range(1, 41))
    assets = tmp_path / "static" / "assets"
    assets.mkdir(parents=True)
    (assets.parent / "index.html").write_text("<title>the page</title>")
    (assets / "app-1a2b.js").write_text(SCRIPT)
    (assets / "font-1a2b.woff2").write_bytes(b"wOF2")
    return desk


def raw(desk: Desk, path: str, accepts: str) -> tuple[str | None, bytes]:
    with desk.client.stream("GET", path, headers={"accept-encoding": accepts}) as answer:
        assert answer.status_code == 200
        assert answer.headers["vary"] == "Accept-Encoding"
        return answer.headers.get("content-encoding"), b"".join(answer.iter_raw())


@pytest.mark.parametrize("accepts", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5", "*"])
def test_long_answers_are_compressed_for_whoever_can_read_it(busy: Desk, accepts: str) -> None:
    _, plain = raw(busy, LONG, "identity")
    coding, packed = raw(busy, LONG, accepts)
    assert coding == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 4


@pytest.mark.parametrize("accepts", ["identity", "", "br", "gzip;q=0", "gzip; q=0"])
def test_and_for_nobody_else(busy: Desk, accepts: str) -> None:
    coding, plain = raw(busy, LONG, accepts)
    assert coding is None
    assert plain.startswith(b"{")


def test_short_answers_are_not_compressed(busy: Desk) -> None:
    assert raw(busy, "/api/v1/runs?limit=1", "gzip")[0] is None


def test_scripts_are_compressed_and_follow_a_new_build(busy: Desk, tmp_path: Path) -> None:
    coding, packed = raw(busy, "/assets/app-1a2b.js", "gzip")
    assert coding == "gzip"
    assert gzip.decompress(packed).decode() == SCRIPT
    assert raw(busy, "/assets/app-1a2b.js", "identity") == (None, SCRIPT.encode())
    assert raw(busy, "/runs", "gzip") == ("gzip", raw(busy, "/", "gzip")[1])
    (tmp_path / "static" / "index.html").write_text("<title>the next page</title>")
    assert b"next" in gzip.decompress(raw(busy, "/", "gzip")[1])


def test_fonts_are_sent_as_they_are(busy: Desk) -> None:
    assert raw(busy, "/assets/font-1a2b.woff2", "gzip") == (None, b"wOF2")
