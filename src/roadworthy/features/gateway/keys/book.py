"""Gateway keys: made, rotated and revoked. Their text is known once, when made; only hashes are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.model_route import GatewayKey, KeySecret
from roadworthy.features.gateway.snapshot import records as kinds
from roadworthy.kit.secrets import NewSecret, new_api_key

SECOND = 1_000_000_000
LONGEST_OVERLAP_S = 30 * 86_400
_MOST_SECRETS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    key: GatewayKey
    text: str
    """Shown this once."""


class KeyBook:
    """Safe to call from several threads of one process. It holds at the gateway within two seconds."""

    def __init__(self, metadata: MetadataStore, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._metadata = metadata
        self._clock = clock
        self._lock = threading.Lock()  # protects a key between its reading and its saving

    def keys(self, project: str) -> list[GatewayKey]:
        """Revoked ones, too; newest first."""
        found = [read_record(GatewayKey, one) for one in self._metadata.records(project, kinds.KEY)]
        return sorted(found, key=lambda one: (-one.created_ns, one.id))

    def key(self, project: str, key_id: str) -> GatewayKey | None:
        found = self._metadata.record(project, kinds.KEY, key_id)
        return None if found is None else read_record(GatewayKey, found)

    def add(
        self,
        project: str,
        name: str,
        *,
        agent: str,
        release: str = "",
        routes: Sequence[str] = (),
        lives_s: float | None = None,
    ) -> MadeKey:
        """`lives_s`: it ends by itself after so many seconds (drills)."""
        secret, now = new_api_key(), self._clock()
        expires_ns = 0 if lives_s is None else now + int(lives_s * SECOND)
        key = GatewayKey(
            project=project,
            id=secret.id,
            name=name,
            agent=agent,
            release=release,
            routes=tuple(routes),
            secrets=(replace(_kept(secret, now), expires_ns=expires_ns),),
            created_ns=now,
        )
        self._save(key)
        return MadeKey(key=key, text=secret.text)

    def rotate(self, project: str, key_id: str, *, overlap_s: float) -> MadeKey | None:
        """A new secret; the old ones end after `overlap_s`. None where no live key is that one."""
        with self._lock:
            key = self.key(project, key_id)
            if key is None or key.revoked_ns:
                return None
            secret, now = new_api_key(), self._clock()
            ends = now + int(min(max(0.0, overlap_s), LONGEST_OVERLAP_S) * SECOND)
            old = [
                replace(one, expires_ns=min(one.expires_ns or ends, ends))
                for one in key.secrets
                if not one.expires_ns or one.expires_ns > now
            ]
            key = replace(key, secrets=(_kept(secret, now), *old[: _MOST_SECRETS - 1]))
            self._save(key)
            return MadeKey(key=key, text=secret.text)

    def revoke(self, project: str, key_id: str) -> bool:
        with self._lock:
            key = self.key(project, key_id)
            if key is None or key.revoked_ns:
                return False
            self._save(replace(key, revoked_ns=self._clock()))
            return True

    def _save(self, key: GatewayKey) -> None:
        self._metadata.save_records(
            [as_record(key, project=key.project, kind=kinds.KEY, record_id=key.id, at_ns=self._clock())]
        )


def _kept(secret: NewSecret, now: int) -> KeySecret:
    return KeySecret(public_id=secret.id, hash=secret.hash, created_ns=now)
