"""A folder of an SFTP server. Its host key is pinned: a server that is another gets nothing of ours."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import asyncssh

from roadworthy.features.gateway.connectors.batch.sources.entry import Entry, SourceFailed
from roadworthy.features.gateway.connectors.settings.batch import SftpSource
from roadworthy.kit.addresses import AddressRefused, NoAddress, addresses_of, check_address

_BLOCK = 1 << 18
_NS = 1_000_000_000


class Sftp:
    def __init__(
        self,
        settings: SftpSource,
        *,
        password: str,
        key: str,
        passphrase: str,
        allow_private: bool,
        timeout_s: float,
    ) -> None:
        self._settings = settings
        self._password = password
        self._key = key
        self._passphrase = passphrase
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._connection: Any = None
        self._client: Any = None

    async def entries(self) -> list[Entry]:
        client = await self._open()
        try:
            async with asyncio.timeout(self._timeout_s * 6):
                listed = await client.readdir(self._settings.path)
        except (asyncssh.Error, OSError, TimeoutError) as fault:
            raise SourceFailed(f"the folder cannot be listed: {_told(fault)}") from None
        found = []
        for one in listed:
            mode = one.attrs.permissions
            if (mode is None or stat.S_ISREG(mode)) and one.attrs.size is not None:
                found.append(
                    Entry(
                        name=str(one.filename),
                        bytes=int(one.attrs.size),
                        changed_ns=int(one.attrs.mtime or 0) * _NS,
                    )
                )
        return [one for one in found if one.name not in (".", "..") and "/" not in one.name]

    async def fetch(self, entry: Entry, *, into: Path, most_bytes: int) -> Path:
        client = await self._open()
        path = f"{self._settings.path.rstrip('/')}/{entry.name}"
        taken = 0
        try:
            async with client.open(path, "rb") as there:
                with into.open("wb") as here:
                    while True:
                        async with asyncio.timeout(self._timeout_s * 6):
                            block = await there.read(_BLOCK)
                        if not block:
                            break
                        taken += len(block)
                        if taken > min(most_bytes, entry.bytes):
                            raise SourceFailed(f"{entry.name} has grown meanwhile")
                        await asyncio.to_thread(here.write, block)
            async with asyncio.timeout(self._timeout_s):
                after = await client.stat(path)
        except (asyncssh.Error, OSError, TimeoutError) as fault:
            raise SourceFailed(f"{entry.name} cannot be fetched: {_told(fault)}") from None
        if taken != entry.bytes or int(after.size or 0) != entry.bytes:
            raise SourceFailed(f"{entry.name} has changed meanwhile")
        return into

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()

    async def _open(self) -> Any:
        if self._client is not None:
            return self._client
        settings = self._settings
        try:
            addresses = await addresses_of(settings.host, settings.port)
            for address in addresses:
                check_address(address, encrypted=True, allowed=None if self._allow_private else ())
            trusted = asyncssh.import_public_key(settings.host_key)
            keys = [asyncssh.import_private_key(self._key, self._passphrase or None)] if self._key else []
            async with asyncio.timeout(self._timeout_s):
                self._connection = await asyncssh.connect(
                    addresses[0],
                    settings.port,
                    username=settings.user,
                    password=self._password or None,
                    client_keys=keys or None,
                    # None of the machine's own keys, agents or configuration.
                    agent_path=None,
                    config=None,
                    known_hosts=([trusted], [], []),
                    preferred_auth="publickey,password,keyboard-interactive",
                )
                self._client = await self._connection.start_sftp_client()
        except (AddressRefused, NoAddress) as fault:
            raise SourceFailed(str(fault)) from None
        except (asyncssh.KeyImportError, ValueError):
            raise SourceFailed("host_key or key cannot be read; expected like ssh-ed25519 AAAA...") from None
        except (asyncssh.Error, OSError, TimeoutError) as fault:
            raise SourceFailed(f"no connection to {settings.host}: {_told(fault)}") from None
        return self._client


def _told(fault: Exception) -> str:
    """What kind of trouble; the server's own words stay out."""
    words = {
        "HostKeyNotVerifiable": "its host key is not the one that is pinned",
        "PermissionDenied": "it does not accept our credentials",
        "SFTPNoSuchFile": "there is no such file or folder",
        "SFTPPermissionDenied": "we may not read it",
        "TimeoutError": "no answer in time",
    }
    return words.get(type(fault).__name__, type(fault).__name__)
