"""Files fetched from a real SFTP server and a real S3 store, and the signatures of AWS's own examples."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.features.gateway.connectors.batch.deliveries import BatchDeliveries
from roadworthy.features.gateway.connectors.batch.loader import Loader
from roadworthy.features.gateway.connectors.batch.sources.signing import signed_headers
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.settings.table import read_settings
from tests.unit.gateway.connectors.world import a_connector

RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent)) or "rclone"


@contextmanager
def serve(*arguments: str, home: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    started = subprocess.Popen(
        [RCLONE, "serve", *arguments, "--addr", f"127.0.0.1:{port}", "--config", str(home / "none.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        started.terminate()
        started.wait(60)


def look(connector: Connector, folder: Path) -> tuple[str, list[str]]:
    settings: Any = read_settings(connector.kind, connector.settings)

    def parts() -> Parts:
        return Parts(transport=HttpTransport(), unseal=str, folder=folder)

    problem = Loader(parts).look(connector, settings).problem
    found = BatchDeliveries(folder).deliveries(connector, limit=20)
    return problem, sorted(f"{one.file} {one.state.value} {one.rows}" for one in found)


def batch(source: dict[str, Any], **sealed: str) -> Connector:
    settings = {"source": source, "tables": {"orders": {"files": "orders*.csv", "settle_s": 0}}}
    return a_connector(ConnectorKind.BATCH, settings, sealed=sealed, timeout_s=10)


def test_an_sftp_drop(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "orders_1.csv").write_text("id,name\n1,Ada\n2,Bob\n")
    (drop / "orders_2.csv.part").write_text("id,na")
    (drop / "sub").mkdir()
    key = asyncssh.generate_private_key("ssh-ed25519")
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    key.write_private_key(str(tmp_path / "host_key"))
    with serve(
        "sftp", str(drop), "--user", "me", "--pass", "pw", "--key", str(tmp_path / "host_key"), home=tmp_path
    ) as port:
        source = {
            "type": "sftp",
            "host": "127.0.0.1",
            "port": port,
            "user": "me",
            "password": {"secret": "p"},
            "host_key": key.export_public_key().decode().strip(),
        }
        assert look(batch(source, p="pw"), tmp_path / "d" / "c") == ("", ["orders_1.csv loaded 2"])
        wrong, _ = look(batch(source, p="no"), tmp_path / "e" / "c")
        assert "does not accept our credentials" in wrong
        strange, _ = look(batch({**source, "host_key": other}, p="pw"), tmp_path / "f" / "c")
        assert "host key is not the one that is pinned" in strange


def test_an_s3_drop(tmp_path: Path) -> None:
    bucket = tmp_path / "store" / "drop" / "in box"
    bucket.mkdir(parents=True)
    (bucket / "orders_ä 1.csv").write_text("id,name\n1,Ada\n")
    (bucket / "other.txt").write_text("x")
    with serve(
        "s3", str(tmp_path / "store"), "--auth-key", "ACCESSKEY0123456,SECRETKEY0123456", home=tmp_path
    ) as port:
        source = {
            "type": "s3",
            "endpoint": f"http://127.0.0.1:{port}",
            "bucket": "drop",
            "prefix": "in box/",
            "access_key": "ACCESSKEY0123456",
            "secret_key": {"secret": "s"},
        }
        assert look(batch(source, s="SECRETKEY0123456"), tmp_path / "d" / "c") == (
            "",
            ["orders_ä 1.csv loaded 1"],
        )
        wrong, _ = look(batch(source, s="SECRETKEYisanother"), tmp_path / "e" / "c")
        assert "does not accept our credentials" in wrong


@pytest.mark.parametrize(
    ("path", "query", "headers", "signature"),
    [
        (
            "/test.txt",
            {},
            {"range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        ("/", {"lifecycle": ""}, {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "/",
            {"max-keys": "2", "prefix": "J"},
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signatures_of_the_examples(
    path: str, query: dict[str, str], headers: dict[str, str], signature: str
) -> None:
    """Amazon S3 API reference, "Examples: Signature Calculations in AWS Signature Version 4"."""
    signed = signed_headers(
        method="GET",
        host="examplebucket.s3.amazonaws.com",
        path=path,
        query=query,
        headers=headers,
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region="us-east-1",
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )

    assert signed["authorization"].endswith(f"Signature={signature}")


def test_a_source_that_is_away_says_so(tmp_path: Path) -> None:
    source = {"type": "folder", "path": str(tmp_path / "nowhere")}

    problem, _ = look(batch(source), tmp_path / "d" / "c")

    assert problem == "the folder cannot be read: No such file or directory"
    assert asyncio.run(asyncio.sleep(0, True))
