"""The page behind a reverse proxy: which name it answers to, what links say, whom limits count."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from roadworthy.app.core_room import rest_settings
from roadworthy.app.serving import embedded
from roadworthy.app.settings import Settings


def test_a_public_address_is_in_links_answered_to_and_its_cookies_are_secure(tmp_path: Path) -> None:
    told = rest_settings(Settings(data=tmp_path, public_url="https://agents.example.com/"))
    assert told.url == "https://agents.example.com"
    assert told.allowed_hosts >= {"agents.example.com", "localhost"}
    assert told.allowed_origins == {"https://agents.example.com"}
    assert told.secure_cookies is True


def test_without_one_it_is_the_address_it_listens_on(tmp_path: Path) -> None:
    told = rest_settings(Settings(data=tmp_path, port=8421))
    assert (told.url, told.secure_cookies, told.allowed_origins) == (
        "http://127.0.0.1:8421",
        False,
        frozenset(),
    )


async def who(request: Request) -> JSONResponse:
    return JSONResponse([request.client.host if request.client else "", request.url.scheme])


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [
        (["127.0.0.1"], ["203.0.113.9", "https"]),
        (["127.0.0.0/8"], ["203.0.113.9", "https"]),
        (["10.1.2.3"], ["127.0.0.1", "http"]),
        ([], ["127.0.0.1", "http"]),
    ],
)
def test_what_a_proxy_says_of_a_client_is_believed_of_trusted_ones_alone(
    trusted: list[str], seen: list[str]
) -> None:
    server = embedded(Starlette(routes=[Route("/", who)]), log_level="error", trusted_proxies=trusted)
    sock = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        asked = http.client.HTTPConnection("127.0.0.1", sock.getsockname()[1], timeout=60)
        # A client may send the header itself: what the nearest proxy added stands last.
        forwarded = {"x-forwarded-for": "198.51.100.1, 203.0.113.9", "x-forwarded-proto": "https"}
        asked.request("GET", "/", headers=forwarded)
        assert json.loads(asked.getresponse().read()) == seen
        asked.close()
    finally:
        server.should_exit = True
        thread.join(10)
