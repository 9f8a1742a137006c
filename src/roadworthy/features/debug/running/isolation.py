"""Keeping an agent from everything but the gateway while its run is replayed, and seeing what it tried.

Where the kernel lets us, it is started in a network of its own (`keeper`), in which only the gateway and this
server's telemetry are there; whatever language it is written in, nothing else can be reached. Where it does
not, proxies are set that refuse and report, which a program can pass by. Which of the two it was is said. A
rerun that goes on live keeps this machine's network. Of files, see `files`.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from roadworthy.features.debug.running import files
from roadworthy.features.debug.running.files import NEXT, Files, RerunFolder, Way, listed, said_of_files
from roadworthy.features.debug.running.kept import Kept, Refused
from roadworthy.features.debug.running.relay import Address, Relay, address_of

_INSIDE = Path(__file__).parent / "inside"
_PROXY_PORTS = range(3128, 3200)
_NAMES_SERVER = Address("127.0.0.1", 53)
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
    files: Files = Files.THROWAWAY
    live: bool = False
    """It goes on live: this machine's network stays open to it."""
    clock_ns: int | None = None
    """When the recorded run began: what the clock of Python agents is set to. None leaves it."""
    seed: str = ""
    """For `random` of Python agents; "" leaves it."""


_refused: dict[str, str] = {}
"""What this machine does not give (spaces, files, writes), and why; found out once."""


class Guarding:
    """Of one start of an agent. `reachable` are addresses (URLs) it may call. Close it afterwards.

    `spaces` and `writes` are what the keeper is asked for; `opened` takes the listeners it made; `fall_back`
    is for when something was refused.
    """

    def __init__(self, guard: Guard, *, reachable: Sequence[str], folder: str = "") -> None:
        self._guard = guard
        self._addresses = tuple(dict.fromkeys(address_of(url) for url in reachable if url))
        self._folder = RerunFolder()
        self._notes = self._folder.file("notes")
        self._wanted = [folder, os.path.expanduser("~"), str(self._folder.path.parent)]  # noqa: PTH111
        self._attempts: Counter[str] = Counter()
        self._relay: Relay | None = None
        self._proxy: Address | None = None
        self._network: dict[str, Any] | None = None
        self._binds: list[tuple[str, str, bool]] = []
        self._to: list[Address | None] = []
        self._pids = True
        self._why = _refused.get("spaces", "")
        self._way = Way.OPEN
        if guard.isolate is not Isolate.OFF:
            self._way = Way.LAYER if guard.files is Files.THROWAWAY else Way.OPEN
            self._settle()
            if not guard.live:
                self._plan()

    @property
    def spaces(self) -> dict[str, Any] | None:
        """As of `spaces.Spaces`; None where none are needed, or to be had."""
        if self._network is None and self._way is not Way.LAYER:
            return None
        wanted = [one for one in self._wanted if one]
        layer = {"size": files.LAYER_SIZE, "wanted": wanted, "kept": [self._notes]}
        return {
            "pids": self._pids,
            "network": self._network,
            "layer": layer if self._way is Way.LAYER else None,
            "at": self._folder.folder("layer"),
            "binds": self._binds,
        }

    @property
    def writes(self) -> list[str] | None:
        """The only places it may write to; None where writing is not refused."""
        if self._way is not Way.REFUSED:
            return None
        return [self._folder.folder("tmp"), self._notes]

    @property
    def refused(self) -> str:
        """What it cannot be kept from, and why; "" where it is kept from all that was asked for."""
        if self._guard.isolate is Isolate.OFF:
            return ""
        if self._why and not self._guard.live:
            return f"this machine gives it no network of its own ({self._why})"
        if self._way is Way.OPEN and self._guard.files is Files.THROWAWAY:
            return f"this machine cannot keep it from changing files ({'; '.join(self._no_better())})"
        return ""

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

    def fall_back(self, refused: Refused) -> None:
        """First to no namespace of processes, then to proxies alone; of files, to the next way."""
        # A keeper that could not begin says nothing of what it was.
        what = refused.what if self.spaces is not None else "writes"
        if what == "spaces" and self._pids:
            self._pids = False
            return
        _refused.setdefault(what, str(refused))
        self._settle()
        if what == "spaces":
            self._why = str(refused)
            if not self._guard.live:
                self._behind_proxy(self._why)

    def _settle(self) -> None:
        """On the best way with files that is left."""
        if self._way is Way.LAYER and ("files" in _refused or "spaces" in _refused):
            self._way = NEXT[self._way]
        if self._way is Way.REFUSED and "writes" in _refused:
            self._way = NEXT[self._way]

    def _no_better(self) -> list[str]:
        return [_refused[one] for one in ("spaces", "files", "writes") if one in _refused]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base`, and what leads programs into the guard and tells Pythons what they are to be told."""
        found = dict(base)
        if self._way is Way.REFUSED:
            found |= dict.fromkeys(("TMPDIR", "TMP", "TEMP"), self._folder.folder("tmp"))
        if self._guard.live and self._way is Way.LAYER:
            return found
        told: dict[str, Any] = {"notes": self._notes, "began_ns": time.time_ns()}
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

    def notes(self, kept: Kept) -> list[str]:
        """What was seen, a sentence each. Once the agent is over."""
        seen = self._seen()
        self._attempts.update(kept.tried)
        said = [self._said_of_network()]
        said += [
            f"The agent tried to reach {one}{f' ({times} times)' if times > 1 else ''} by itself; "
            "a replay lets nothing out."
            for one, times in self._tried(seen)[:_SHOWN]
        ]
        near = [] if self._guard.live else [one["nearby"] for one in seen if "nearby" in one]
        if near:
            said.append(f"It connected to {listed(near)} on this machine, which nothing kept it from.")
        own = str(self._folder.path)
        wrote = [one["wrote"] for one in seen if "wrote" in one and not one["wrote"].startswith(own)]
        said += said_of_files(
            self._way, asked=self._asked_of_files(), why=self._no_better(), told=kept.files, wrote=wrote
        )
        said += self._said_of_clock(seen)
        return [one for one in said if one]

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()
        self._folder.close()

    def _plan(self) -> None:
        if self._why:
            self._behind_proxy(self._why)
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
        self._network = {"addresses": addresses, "listen": listen}
        self._binds = [
            (self._folder.file("hosts", "\n".join(hosts) + "\n"), "/etc/hosts", True),
            (self._folder.file("resolv.conf", "nameserver 127.0.0.1\n"), "/etc/resolv.conf", False),
        ]

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

    def _asked_of_files(self) -> Files:
        return Files.KEEP if self._guard.isolate is Isolate.OFF else self._guard.files

    def _seen(self) -> list[dict[str, Any]]:
        """What Pythons told, in the order they did."""
        try:
            lines = Path(self._notes).read_text(errors="replace").splitlines()
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
        if self._guard.live:
            return "It goes on live: this machine's network was open to it, past the gateway, too."
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
