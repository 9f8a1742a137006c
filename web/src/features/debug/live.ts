import { about } from "@/client/live";
import { useLiveRefresh } from "@/features/observe/live-refresh";

const [inquiries, resamplings] = [about("inquiries"), about("resamplings")];

/** Keeps what is shown of this room as it is on the server, wherever it is shown: a picture grows while it works. */
export function useLiveDebug(project: string): void {
  useLiveRefresh([["inquiry", project]], { everyMs: 500, when: inquiries });
  useLiveRefresh([["inquiries", project]], { everyMs: 2000, when: inquiries });
  useLiveRefresh([["resampling", project]], { everyMs: 1000, when: resamplings });
  // To rank steps anew takes the server a moment.
  useLiveRefresh([["suspicious-steps", project]], { everyMs: 5000, when: resamplings });
}
