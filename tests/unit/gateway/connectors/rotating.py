"""A token server that takes each refresh token once: one shown again revokes them all (RFC 9700, 4.14)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.unit.gateway.connectors.world import Asked


@dataclass
class Rotating:
    """`answer` is a server's: `/token`, and everything else for whoever shows the newest access token."""

    first: str = "r0"
    life: int = 3600
    rotations: int = 0
    stolen: bool = False
    """Whether a refresh token was shown twice."""
    tells: Callable[[Asked], Any] = lambda _: (200, {}, b"{}")
    before: Callable[[], None] = lambda: None
    """Called while a refresh is under way."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _access: str = ""

    def answer(self, asked: Asked) -> Any:
        if asked.path != "/token":
            shown = asked.headers.get("authorization", "")
            return self.tells(asked) if shown == f"Bearer {self._access}" != "Bearer " else (401, {}, b"")
        with self._lock:
            given = parse_qs(asked.body.decode())["refresh_token"][0]
            if given != (f"r{self.rotations}" if self.rotations else self.first) or self.stolen:
                self.stolen = True
                return 400, {}, b'{"error": "invalid_grant"}'
            self.rotations += 1
            self._access = f"a{self.rotations}"
            said = {"access_token": self._access, "expires_in": self.life}
        self.before()
        return 200, {}, json.dumps({**said, "refresh_token": f"r{self.rotations}"}).encode()

    def revoke_access(self) -> None:
        """As if it had ended early: the next call is answered 401."""
        self._access = ""


def refresh_auth(url: str) -> dict[str, Any]:
    return {
        "type": "oauth2_refresh_token",
        "client_id": "me",
        "refresh_token": {"secret": "r"},
        "token_url": f"{url}/token",
    }
