"""Stop and start again, with a day's data in the folder: how long until it is ready."""

from __future__ import annotations

import time

from benchmarks.figures import Figure, Options, at_most, folder_of, median, run
from benchmarks.sending import fill, folder_for
from benchmarks.servers import Roadworthy

SPANS = 200_000


def measure(options: Options) -> list[Figure]:
    with folder_of(options, "restart") as folder:
        server = Roadworthy(folder=folder_for(folder, "roadworthy", 0))
        first = server.start()
        fill(server, 5_000 if options.quick else SPANS, over_days=1, seconds=600)
        starts, stops = [], []
        for _ in range(options.rounds):
            began = time.monotonic()
            server.stop()
            stops.append(time.monotonic() - began)
            starts.append(server.start())
        server.stop()
    return [
        Figure(
            what="restart to ready",
            unit="s",
            ours=median(starts),
            rounds=starts,
            must="<= 5",
            met=at_most(median(starts), 5),
            note=f"the first start on an empty folder took {first:.1f} s",
        ),
        Figure(
            what="clean stop after SIGTERM",
            unit="s",
            ours=median(stops),
            rounds=stops,
            must="<= 10",
            met=at_most(median(stops), 10),
        ),
    ]


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0)
