"""Making what the server hands out on this machine: runs of a drill, reruns of an inquiry.

Takes them, has them made in threads, waits for the gateway to know the key they come with.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from roadworthy.doors.cli.client import Client, Failed
from roadworthy.doors.cli.progress import Beat

_POLL_S = 0.5
_PATIENCE_S = 120.0
"""How long a server that does not answer is waited for: it may be starting anew."""
_LET_GO_S = 4.0
_GATEWAY_S = 15.0
STOPPED = "stopped"


class TakenWork:
    """`items` is what they are called in what the server says: `runs`, `reruns`. `stop` ends it: agents under
    way are ended, and what they were to do handed out again when it goes on. `alone`: whatever others took
    and did not tell of is handed out again now. The server is told at least once a second that we are still
    there, so that it hands nobody what we have taken meanwhile."""

    def __init__(
        self,
        client: Client,
        path: str,
        *,
        items: str,
        concurrency: int,
        gateway: str | None = None,
        progress: Callable[[Beat], None] | None = None,
        stop: threading.Event | None = None,
        alone: bool = True,
    ) -> None:
        self._client = client
        self._path = path
        self._items = items
        self._concurrency = concurrency
        self._gateway = gateway
        self._progress = progress
        self._stop = stop or threading.Event()
        self._alone = alone
        self._holder = f"process {os.getpid()} on {socket.gethostname()}"
        self._ready = False

    def run(self) -> str:
        """The state at the end as the server says it, or STOPPED. Raises Failed."""
        under_way: dict[Future[None], Mapping[str, Any]] = {}
        alone = self._alone
        with ThreadPoolExecutor(max_workers=self._concurrency) as pool:
            while not self._stop.is_set():
                free = self._concurrency - len(under_way)
                taken = self._send("take", {"most": free, "alone": alone, "holder": self._holder})
                alone = False
                if taken[self._items]:
                    self._wait_for_gateway(taken)
                under_way |= {pool.submit(self._make, one, taken): one for one in taken[self._items]}
                self._tell(taken, list(under_way.values()))
                if taken["state"] != "running" and not under_way:
                    return str(taken["state"])
                under_way = self._waited(under_way, idle=not taken[self._items])
        return STOPPED

    def _tell(self, taken: Mapping[str, Any], under_way: Sequence[Mapping[str, Any]]) -> None:
        """Where nobody looks, nothing is asked for it either."""
        if self._progress is not None:
            self._progress(self._beaten(taken, under_way))

    def _beaten(self, taken: Mapping[str, Any], under_way: Sequence[Mapping[str, Any]]) -> Beat:
        """How far it is; `under_way` are the items that are made here."""
        return Beat(**taken["progress"])

    def _make(self, one: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
        """One of them, and tell how it ended. Called in threads."""
        raise NotImplementedError

    def _waited(
        self, under_way: Mapping[Future[None], Mapping[str, Any]], *, idle: bool
    ) -> dict[Future[None], Mapping[str, Any]]:
        if not under_way:
            if idle:
                self._stop.wait(_POLL_S)
            return {}
        over, left = wait(under_way, timeout=_POLL_S, return_when=FIRST_COMPLETED)
        for one in over:
            one.result()
        return {one: item for one, item in under_way.items() if one in left}

    def _send(self, what: str, body: Mapping[str, Any]) -> Any:
        """Sent again while the server is away: what it was told twice changes nothing. Where somebody else
        holds it, for as long as one that was killed is taken to be there."""
        began = time.monotonic()
        while True:
            try:
                return self._client.send("POST", f"{self._path}/{what}", body=body)
            except Failed as failed:
                away = "no answer from" in str(failed)
                waited = _PATIENCE_S if away else _LET_GO_S if "(HTTP 409)" in str(failed) else 0.0
                if time.monotonic() - began > waited or self._stop.is_set():
                    raise
                self._stop.wait(_POLL_S)

    def _wait_for_gateway(self, taken: Mapping[str, Any]) -> None:
        """The key is new: it holds at the gateway within two seconds."""
        if self._ready:
            return
        address = self._gateway or taken["gateway_url"]
        wait_for_key(address, key=taken["gateway_key"] or "", what=f"these {self._items}", stop=self._stop)
        self._ready = True


def wait_for_key(address: str, *, key: str, what: str, stop: threading.Event | None = None) -> None:
    """A new key holds at the gateway within two seconds. Raises Failed where it does not in time."""
    address, stop = address.rstrip("/"), stop or threading.Event()
    ends = time.monotonic() + _GATEWAY_S
    while not stop.is_set():
        said = _asked(f"{address}/v1/models", key=key)
        if said == "":
            return
        if time.monotonic() > ends:
            raise Failed(f"the gateway at {address} takes no calls of {what}: {said}")
        stop.wait(0.25)


def watched(work: TakenWork, *, stop: threading.Event) -> str:
    """Runs it; its state, STOPPED after an interrupt. In a thread, so that an interrupt is heard at once and
    agents are ended before we go. Raises Failed."""
    state = [STOPPED]
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            state[0] = work.run()
        except BaseException as failed:  # noqa: BLE001 (raised again by whoever waits)
            trouble.append(failed)

    thread = threading.Thread(target=run, name="work")
    thread.start()
    while True:
        try:
            while thread.is_alive():
                thread.join(0.2)
            break
        except KeyboardInterrupt:
            # However often it comes: whoever leaves before its agents have ended leaves them behind.
            stop.set()
    if trouble and not stop.is_set():
        raise trouble[0]
    return state[0]


def _asked(url: str, *, key: str) -> str:
    """Why it gave no list of models; "" where it did."""
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {key}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 (the address is the server's or the person's)
            return ""
    except urllib.error.HTTPError as refused:
        with refused:
            return f"HTTP {refused.code}: {refused.read(300).decode(errors='replace')}"
    except (OSError, ValueError) as fault:
        return str(fault)
