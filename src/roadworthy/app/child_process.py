"""A child of the front: started, watched, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time

log = logging.getLogger(__name__)

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 5.0
_HEALTHY_SECONDS = 30.0
_ENGINE_MEMORY = "dirty_decay_ms:300"
"""The engine's allocator keeps freed pages for five seconds, which under load is 100 to 200 MiB."""
SETTINGS_VARIABLE = "ROADWORTHY_CHILD_SETTINGS"
"""Environment variable with the settings as JSON, front to child."""


class ChildProcess:
    """At most one runs: `python -m MODULE PARENT_PID SOCKET_FD`. `ready` is set while it answers, by a line
    on its standard output."""

    def __init__(self, name: str, *, module: str, settings_json: str, socket_fd: int) -> None:
        self._name = name
        self._module = module
        self._settings_json = settings_json
        self._socket_fd = socket_fd
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self.ready = asyncio.Event()
        self.starts = 0

    async def run(self) -> None:
        """Keep one running until `stop`."""
        wait = _FIRST_WAIT
        while not self._stopping:
            began = time.monotonic()
            code = await self._run_once()
            self.ready.clear()
            if self._stopping:
                return
            if time.monotonic() - began > _HEALTHY_SECONDS:
                wait = _FIRST_WAIT
            log.error("the %s ended (%s); starting it again in %.1f s", self._name, _said(code), wait)
            await asyncio.sleep(wait)
            wait = min(_LONGEST_WAIT, wait * 2)

    async def stop(self, *, grace_seconds: float) -> None:
        """SIGTERM, then SIGKILL after `grace_seconds`."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), grace_seconds)
        except TimeoutError:
            log.warning("the %s did not stop within %.0f s; killing it", self._name, grace_seconds)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _run_once(self) -> int:
        self.starts += 1
        environment = {
            **os.environ,
            SETTINGS_VARIABLE: self._settings_json,
            # Two arenas keep the resident memory of a many-threaded process flat.
            "MALLOC_ARENA_MAX": "2",
            "JE_MALLOC_CONF": os.environ.get("JE_MALLOC_CONF", _ENGINE_MEMORY),
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            str(os.getpid()),
            str(self._socket_fd),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(self._socket_fd,),
            env=environment,
            # Ctrl-C goes to the front alone, which stops its children in order.
            start_new_session=True,
        )
        if self._process.stdout is not None:
            async for line in self._process.stdout:
                if line.strip() == b"ready":
                    self.ready.set()
                else:
                    sys.stdout.write(line.decode(errors="replace"))
        return await self._process.wait()


def _said(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
