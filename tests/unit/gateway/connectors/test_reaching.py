"""HTTP connectors behind certificates and proxies: real TLS servers with an authority of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from roadworthy.contracts.tool_system import ToolFailed, ToolResult, ToolSystem
from roadworthy.domain.connector import ConnectorKind
from roadworthy.domain.typed_failure import FailureCode, TypedFailure
from tests.contract.upstream.certificates import Authority, Pair
from tests.unit.gateway.connectors.proxy import proxying
from tests.unit.gateway.connectors.world import CONTEXT, Asked, Server, a_connector, serving, with_system

OURS = Authority()
OTHER = Authority()
HERE = OURS.issue("localhost", addresses=("127.0.0.1",))
CLIENT = OURS.issue("gateway")
SECRETS = {"cert": CLIENT.certificate, "key": CLIENT.key}
MUTUAL = {"authority": OURS.pem, "certificate": {"secret": "cert"}, "key": {"secret": "key"}}
LOOPS = pytest.mark.parametrize("loop", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


@contextmanager
def secured(tmp_path: Path, pair: Pair = HERE, *, wants_client: bool = False) -> Iterator[Server]:
    with serving(tls=OURS.server(tmp_path, pair, wants_client=wants_client)) as server:
        yield server


def call(server: Server, tmp_path: Path, loop: Any = uvloop.run, **settings: Any) -> ToolResult:
    changes = {k: settings.pop(k) for k in ("sealed", "allow_private") if k in settings}
    operations = {"find": {"path": "/customers/{id}"}}
    whole = {"url": server.url, "operations": operations, **settings}
    connector = a_connector(ConnectorKind.HTTP, whole, timeout_s=20, **changes)

    async def work(system: ToolSystem) -> Any:
        return await system.call("find", {"id": 1}, context=CONTEXT)

    found: ToolResult = with_system(connector, tmp_path / "connectors", work, loop)
    return found


def failure(server: Server, tmp_path: Path, loop: Any = uvloop.run, **settings: Any) -> TypedFailure:
    with pytest.raises(ToolFailed) as caught:
        call(server, tmp_path, loop, **settings)
    assert not server.asked
    return caught.value.failure


@LOOPS
def test_a_client_certificate_of_an_authority_of_ones_own(tmp_path: Path, loop: Any) -> None:
    with secured(tmp_path, wants_client=True) as server:
        server.answer = lambda _: (200, {}, b'{"name": "Ada"}')
        assert call(server, tmp_path, loop, tls=MUTUAL, sealed=SECRETS).structured == {"name": "Ada"}


@LOOPS
@pytest.mark.parametrize("shown", ["none", "of another authority", "expired"])
def test_a_client_certificate_that_is_not_taken(tmp_path: Path, loop: Any, shown: str) -> None:
    pair = {"of another authority": OTHER.issue("gateway"), "expired": OURS.issue("gateway", expired=True)}
    tls: dict[str, Any] = {"authority": OURS.pem}
    sealed = {}
    if shown in pair:
        tls, sealed = MUTUAL, {"cert": pair[shown].certificate, "key": pair[shown].key}
    with secured(tmp_path, wants_client=True) as server:
        said = failure(server, tmp_path, loop, tls=tls, sealed=sealed)

    assert (said.code, said.facts["reason"]) == (FailureCode.UNREACHABLE, "client_certificate_refused")
    assert "does not take our client certificate" in said.what
    assert "PRIVATE" not in str(said)


@LOOPS
@pytest.mark.parametrize(
    ("pair", "authority", "reason"),
    [
        (OURS.issue("localhost", addresses=("127.0.0.1",), expired=True), OURS, "certificate_expired"),
        (OURS.issue("elsewhere.example"), OURS, "certificate_of_another_name"),
        (HERE, OTHER, "certificate_untrusted"),
        (HERE, None, "certificate_untrusted"),
    ],
)
def test_a_certificate_of_the_system_that_is_not_taken(
    tmp_path: Path, loop: Any, pair: Pair, authority: Authority | None, reason: str
) -> None:
    with secured(tmp_path, pair) as server:
        said = failure(server, tmp_path, loop, tls={"authority": authority.pem} if authority else {})

    assert (said.code, said.facts["reason"]) == (FailureCode.UNREACHABLE, reason)


@pytest.mark.parametrize(
    "sealed",
    [
        {"cert": CLIENT.certificate, "key": OURS.issue("another").key},
        {"cert": CLIENT.certificate, "key": "no key"},
        {"cert": "no certificate", "key": CLIENT.key},
    ],
)
def test_certificates_that_cannot_be_used(tmp_path: Path, sealed: dict[str, str]) -> None:
    with secured(tmp_path, wants_client=True) as server:
        said = failure(server, tmp_path, tls=MUTUAL, sealed=sealed)

    assert said.facts["reason"] == "own_certificates_unusable"
    assert "PRIVATE" not in str(said)


@LOOPS
def test_through_a_proxy_that_wants_a_password(tmp_path: Path, loop: Any) -> None:
    with secured(tmp_path, wants_client=True) as server, proxying(user_password="me:s@y") as proxy:
        way = {"tls": MUTUAL, "proxy": {"secret": "proxy"}}
        good = SECRETS | {"proxy": f"http://me:s%40y@127.0.0.1:{proxy.port}"}
        assert call(server, tmp_path, loop, **way, sealed=good).structured == {}
        assert proxy.asked == [server.url.removeprefix("https://")]
        server.asked.clear()

        wrong = SECRETS | {"proxy": f"http://me:wrong@127.0.0.1:{proxy.port}"}
        said = failure(server, tmp_path, loop, **way, sealed=wrong)
        assert said.facts["reason"] == "proxy_credentials"
        assert "wrong" not in str(said)
        assert len(proxy.asked) == 2  # asked once: it would say the same again


@pytest.mark.parametrize(("status", "reason"), [(403, "proxy_refused"), (502, "proxy_cannot_reach_it")])
def test_a_proxy_that_does_not_let_us_through(tmp_path: Path, status: int, reason: str) -> None:
    with serving() as server, proxying(refuses=status) as proxy:
        said = failure(server, tmp_path, proxy=f"http://127.0.0.1:{proxy.port}")
        assert (said.code, said.facts["reason"]) == (FailureCode.UNREACHABLE, reason)


def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    with serving() as server:
        said = failure(server, tmp_path, proxy="http://127.0.0.1:9")
        assert said.facts["reason"] == "proxy_unreachable"
        said = failure(server, tmp_path, proxy={"secret": "p"}, sealed={"p": "http://127.0.0.1:port"})
        assert "the proxy's secret must be like" in said.what


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254"])
def test_a_proxy_is_no_way_around_the_guard(tmp_path: Path, host: str) -> None:
    """Also where the proxy stands at a public address: the target is looked at before the proxy is."""
    with serving() as server, proxying() as proxy:
        server.url = f"https://{host}/"
        way = {"proxy": f"http://127.0.0.1:{proxy.port}", "allow_private": host.startswith("169")}
        assert failure(server, tmp_path, **way).facts["reason"] == "address_refused"
        assert proxy.asked == []


def test_http_in_the_clear_goes_through_no_proxy_to_where_nobody_knows(tmp_path: Path) -> None:
    with serving() as server, proxying() as proxy:
        server.url = "http://crm.invalid"
        way = {"proxy": f"http://127.0.0.1:{proxy.port}", "allow_private": False}
        assert failure(server, tmp_path, **way).facts["reason"] == "address_refused"
        assert proxy.asked == []


def test_the_token_endpoint_is_reached_as_the_system_is(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path == "/token":
            return 200, {}, b'{"access_token": "t1", "expires_in": 3600}'
        return (200, {}, b"[]") if asked.headers.get("authorization") == "Bearer t1" else (401, {}, b"")

    with secured(tmp_path, wants_client=True) as server, proxying() as proxy:
        server.answer = answer
        auth = {
            "type": "oauth2_client_credentials",
            "client_id": "me",
            "client_secret": {"secret": "s"},
            "token_url": f"{server.url}/token",
        }
        way = {"tls": MUTUAL, "proxy": f"http://127.0.0.1:{proxy.port}", "auth": auth}
        assert call(server, tmp_path, **way, sealed=SECRETS | {"s": "x"}).structured == []
        assert [one.path for one in server.asked] == ["/token", "/customers/1"]
        server.asked.clear()
        said = failure(server, tmp_path, auth=auth, sealed={"s": "x"})
        assert "was not called: the token endpoint cannot be reached: its certificate" in said.what


@pytest.mark.parametrize(
    "proxy", ["https://p.example:3128", "http://u:p@p.example", "http://", "http://p:99999"]
)
def test_proxies_that_are_none(tmp_path: Path, proxy: str) -> None:
    with serving() as server:
        assert "proxy" in failure(server, tmp_path, proxy=proxy).what
