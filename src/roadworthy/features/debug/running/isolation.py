"""Keeping an agent from everything but the gateway while its run is replayed, and seeing what it tried.

Where the kernel lets us, it is started in a network of its own (`keeper`), in which only the gateway and this
server's telemetry are there; whatever language it is written in, nothing else can be reached. Where it does
not, proxies are set that refuse and report, which a program can pass by. Which of the two it was is said.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from roadworthy.features.debug.running.relay import Address, Relay, address_of

_INSIDE = Path(__file__).parent / "inside"
_PROXY_PORTS = range(3128, 3200)
_NAMES_SERVER = Address("127.0.0.1", 53)
_OTHER_WAYS_OUT = (
    "/run/systemd/resolve/io.systemd.Resolve",
    "/run/nscd/socket",
    "/run/avahi-daemon/socket",
    "/run/docker.sock",
    "/run/podman/podman.sock",
    "/run/containerd/containerd.sock",
)
"""Sockets of services that speak to the world for whoever asks."""
_SHOWN = 8


class Isolate(StrEnum):
    AUTO = "auto"
    """In a network of its own where the kernel lets us, else behind proxies."""
    REQUIRE = "require"
    """In a network of its own, or not at all."""
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    isolate: Isolate = Isolate.AUTO
    clock_ns: int | None = None
    """When the recorded run began: what the clock of Python agents is set to. None leaves it."""
    seed: str = ""
    """For `random` of Python agents; "" leaves it."""


_refusals: list[str] = []
"""Why this machine gives no network of its own; found out once."""


class Guarding:
    """Of one start of an agent. `reachable` are addresses (URLs) it may call. Close it afterwards.

    `network` is what the keeper is asked for, None for none; `opened` takes the listeners it made;
    `fall_back` is for when it was refused.
    """

    def __init__(self, guard: Guard, *, reachable: Sequence[str]) -> None:
        self._guard = guard
        self._addresses = tuple(dict.fromkeys(address_of(url) for url in reachable if url))
        self._folder = tempfile.TemporaryDirectory(prefix="roadworthy-rerun-")
        self._notes = Path(self._folder.name) / "notes"
        self._attempts: Counter[str] = Counter()
        self._relay: Relay | None = None
        self._proxy: Address | None = None
        self._network: dict[str, Any] | None = None
        self._to: list[Address | None] = []
        self._why = ""
        if guard.isolate is not Isolate.OFF:
            self._plan()

    @property
    def network(self) -> Mapping[str, Any] | None:
        return self._network

    @property
    def refused(self) -> str:
        """Why there is no network of its own; "" where there is, or none was asked for."""
        return self._why

    @property
    def required(self) -> bool:
        return self._guard.isolate is Isolate.REQUIRE

    def opened(self, listeners: Sequence[socket.socket]) -> None:
        relay = self._relaying()
        for listener, to in zip(listeners, self._to, strict=True):
            listener.settimeout(0)
            if listener.type == socket.SOCK_DGRAM:
                relay.names(listener)
            elif to is None:
                relay.proxy(listener)
            else:
                relay.pipe(listener, to)

    def fall_back(self, why: str) -> None:
        """First to no namespace of processes, then to proxies alone."""
        if self._network is not None and self._network["pids"]:
            self._network["pids"] = False
            return
        if not _refusals:
            _refusals.append(why)
        self._behind_proxy(why)

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base`, and what leads programs into the guard and tells Pythons what they are to be told."""
        told: dict[str, Any] = {"notes": str(self._notes)}
        found = dict(base)
        if self._guard.clock_ns is not None:
            told["offset_ns"] = self._guard.clock_ns - time.time_ns()
        if self._guard.seed:
            told["seed"] = self._guard.seed
            found.setdefault("PYTHONHASHSEED", "0")
        if self._proxy is not None:
            found |= _proxied(self._proxy, beside=[one.host for one in self._addresses])
            reach = [*self._addresses, self._proxy]
            told |= {"reach": [[one.host, one.port] for one in reach], "alone": self._network is not None}
        found["ROADWORTHY_RERUN"] = json.dumps(told)
        known = base.get("PYTHONPATH", "")
        found["PYTHONPATH"] = f"{_INSIDE}{os.pathsep}{known}" if known else str(_INSIDE)
        return found

    def notes(self) -> list[str]:
        """What was seen, a sentence each. Once the agent is over."""
        seen = self._seen()
        said = [self._said_of_network()]
        said += [
            f"The agent tried to reach {one}{f' ({times} times)' if times > 1 else ''} by itself; "
            "a replay lets nothing out."
            for one, times in self._tried(seen)[:_SHOWN]
        ]
        near = [one["nearby"] for one in seen if "nearby" in one]
        if near:
            said.append(f"It connected to {_listed(near)} on this machine, which nothing kept it from.")
        wrote = [one["wrote"] for one in seen if "wrote" in one]
        if wrote:
            said.append(f"It opened files for writing, which a replay does not undo: {_listed(wrote)}.")
        said += self._said_of_clock(seen)
        return [one for one in said if one]

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()
        self._folder.cleanup()

    def _plan(self) -> None:
        if _refusals:
            self._behind_proxy(_refusals[0])
            return
        addresses: list[str] = []
        hosts = [f"127.0.0.1 localhost {socket.gethostname()}", "::1 localhost"]
        listen: list[tuple[str, str, int]] = []
        for place, one in enumerate(self._addresses):
            at = one.host
            number = _number(one.host)
            if isinstance(number, IPv6Address) and not (number.is_loopback or number.is_unspecified):
                self._behind_proxy(f"an address of IPv6 ({one}) cannot be taken into it")
                return
            if one.host == "localhost" or (number is not None and number.is_unspecified):
                at = "127.0.0.1"
            elif isinstance(number, IPv4Address) and not number.is_loopback:
                addresses.append(one.host)
            elif number is None:
                at = f"127.0.1.{place + 1}"
                hosts.append(f"{at} {one.host}")
            if ("tcp", at, one.port) not in listen:
                listen.append(("tcp", at, one.port))
                self._to.append(one)
        used = {one.port for one in self._addresses}
        port = next(one for one in _PROXY_PORTS if one not in used)
        self._proxy = Address("127.0.0.1", port)
        listen += [("tcp", self._proxy.host, port), ("udp", _NAMES_SERVER.host, _NAMES_SERVER.port)]
        self._to += [None, None]
        self._network = {
            "pids": True,
            "addresses": addresses,
            "listen": listen,
            "binds": [
                (self._file("hosts", "\n".join(hosts)), "/etc/hosts", True),
                (self._file("resolv.conf", "nameserver 127.0.0.1"), "/etc/resolv.conf", False),
                *(("/dev/null", one, False) for one in _OTHER_WAYS_OUT if Path(one).exists()),
            ],
        }

    def _behind_proxy(self, why: str) -> None:
        self._why, self._network = why, None
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0)
        self._proxy = Address(*listener.getsockname()[:2])
        self._relaying().proxy(listener)

    def _relaying(self) -> Relay:
        if self._relay is None:
            self._relay = Relay(reachable=self._addresses, report=lambda one: self._attempts.update([one]))
        return self._relay

    def _file(self, name: str, text: str) -> str:
        path = Path(self._folder.name) / name
        path.write_text(text + "\n")
        # Whoever the agent becomes has to read it.
        path.chmod(0o644)
        return str(path)

    def _seen(self) -> list[dict[str, Any]]:
        """What Pythons told, in the order they did."""
        try:
            lines = self._notes.read_text(errors="replace").splitlines()
        except OSError:
            return []
        found: list[dict[str, Any]] = []
        for line in lines:
            try:
                one = json.loads(line)
            except ValueError:
                continue
            if isinstance(one, dict):
                found.append(one)
        return found

    def _tried(self, seen: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
        """Told by the proxy, by the server of names, by Python itself: each address once."""
        found = dict(self._attempts)
        for one in seen:
            if "reach" in one:
                found.setdefault(str(one["reach"]), 1)
        with_port = {one.rpartition(":")[0] for one in found if ":" in one}
        return [(one, times) for one, times in found.items() if one not in with_port]

    def _said_of_network(self) -> str:
        if self._guard.isolate is Isolate.OFF:
            return "It was not isolated (isolation is off): what it reached by itself is not known."
        if self._network is None:
            return (
                f"This machine gives an agent no network of its own ({self._why}): "
                "proxies were set that refuse, which a program can pass by."
            )
        return "It ran in a network of its own, in which there is the gateway and nothing else."

    def _said_of_clock(self, seen: Sequence[Mapping[str, Any]]) -> list[str]:
        if self._guard.clock_ns is None:
            return []
        set_by = [bool(one["clock"]) for one in seen if "clock" in one]
        if set_by and all(set_by):
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self._guard.clock_ns / 1e9))
            return [f"Its clock began at {at} UTC, as in the recorded run, and `random` was seeded."]
        return ["Its clock and random numbers were its own: they are set for programs in Python alone."]


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _proxied(proxy: Address, *, beside: Sequence[str]) -> dict[str, str]:
    url = f"http://{proxy}"
    direct = ",".join(dict.fromkeys(["localhost", "127.0.0.1", "::1", *beside]))
    named = {"HTTP_PROXY": url, "HTTPS_PROXY": url, "ALL_PROXY": url, "NO_PROXY": direct}
    # Node looks at them only where it is told to.
    return named | {name.lower(): value for name, value in named.items()} | {"NODE_USE_ENV_PROXY": "1"}


def _listed(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
