"""Takes alarms and tells of them, until it is killed: `python -m ... FOLDER URL ALARMS`.

Whoever hands alarms over does so until they were taken for sure; after a start it begins from the first one
again.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from roadworthy.app.incidents import Incidents
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.notifier import Network
from roadworthy.domain.incident import Action
from roadworthy.domain.notification import ChannelKind, DeliveryState
from roadworthy.domain.on_call import EscalationLevel, OnCall, Responder
from roadworthy.features.watch.incidents.joining import JoinRule
from roadworthy.features.watch.notifying.channel_book import ChannelDraft
from tests.contract.notifiers.receivers import ROUTING_KEY
from tests.unit.watch.incidents.house import alarm


def main(folder: Path, url: str, alarms: int) -> None:
    metadata = SqliteMetadataStore(folder / "roadworthy.db")
    channel = ""

    def on_call(project: str, agent: str, at_ns: int) -> OnCall:
        who = Responder(person="ann", channels=(channel,))
        level = EscalationLevel(number=1, responders=(who,), timeout_seconds=3600)
        return OnCall(project=project, agent=agent, at_ns=at_ns, levels=(level,))

    incidents = Incidents(
        MemoryTelemetryStore(),
        metadata,
        publish=lambda _project, _ids: None,
        on_call=on_call,
        secrets=folder / "secret.key",
        base_url="http://page",
        network=Network(allowed=("127.0.0.0/8",)),
    )
    channels = incidents.service.channels
    if not channels.channels("default"):
        channels.add(
            "default",
            ChannelDraft(
                name="pager",
                kind=ChannelKind.PAGERDUTY,
                settings={"url": url},
                secrets={"routing_key": ROUTING_KEY},
                per_minute=6_000,
            ),
        )
    channel = channels.channels("default")[0].id
    incidents.book.save_rule("default", JoinRule(storm_agents=0))
    incidents.start()
    print("started", flush=True)
    for number in range(alarms):
        incidents.take([alarm(f"a{number}", agent=f"agent-{number}")])
        if number % 3 == 0:
            # Who resolves it has heard of it.
            while not (found := incidents.book.incidents("default")[number]).escalation.told:
                time.sleep(0.005)
            incidents.book.act("default", found.id, Action.RESOLVE, by="ann")
        time.sleep(0.01)
    while any(one.state is DeliveryState.PENDING for one in incidents.service.deliveries("default")) or not (
        incidents.service.deliveries("default")
    ):
        time.sleep(0.05)
    time.sleep(0.2)
    print("done", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
