"""Writes the ledger behind the calls: a thread takes what changed, several times a second, in one go."""

from __future__ import annotations

import logging
import threading

from roadworthy.contracts.spend_store import SpendStore, SpendStoreUnavailable
from roadworthy.features.gateway.budget.ledger import SpendLedger

log = logging.getLogger(__name__)

EVERY_S = 0.1


class LedgerWriter:
    """`start` and `stop` once each. While the file cannot be written the ledger in memory goes on to hold."""

    def __init__(self, ledger: SpendLedger, store: SpendStore, *, every_s: float = EVERY_S) -> None:
        self._ledger = ledger
        self._store = store
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="budget-ledger", daemon=True)
        self.problem = ""

    def start(self) -> None:
        # What the last process had reserved is spent now, before the first call.
        self.write()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._ledger.changes.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self.write()
        self._store.close()

    def write(self) -> None:
        rows = self._ledger.take_changes()
        if not rows:
            return
        try:
            self._store.write(rows)
        except SpendStoreUnavailable as fault:
            self._ledger.not_written(rows)
            if not self.problem:
                log.warning("%s; budgets hold in memory meanwhile", fault)
            self.problem = str(fault)[:300]
            return
        if self.problem:
            log.warning("the budgets' ledger can be written again")
        self.problem = ""

    def _run(self) -> None:
        while True:
            # Asleep while nothing is spent of a budget: ten looks a second cost more than a call does.
            self._ledger.changes.wait()
            if self._stopping.wait(self._every_s):
                return
            self.write()
