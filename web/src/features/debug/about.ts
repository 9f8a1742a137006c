/** What an inquiry tries, in half a sentence: by it those of one run are told apart. */
import { changePhrase } from "./fork/change-words";
import type { InquiryRow } from "./types";

type Asked = Pick<InquiryRow, "kind" | "changes" | "good_run" | "live_model" | "fork_at" | "repeats">;

/** "at step 6 the tool returns “60”", "put right as a good run had it", "5 times"; "" where there is nothing to say. */
export function aboutOf({ kind, changes, good_run: good, live_model: model, fork_at: at, repeats }: Asked): string {
  const times = repeats > 1 ? `${repeats} times` : "";
  if (kind === "replay") return times;
  const changed = changes.map(changePhrase).join("; ");
  if (kind === "bisect") return `put right ${good ? "as a good run had it" : model ? `by ${model}` : changed ? `by hand: ${changed}` : "by asking again"}`;
  const what = changed || (good ? `from step ${at ?? "?"} on a good run answers` : model ? `from step ${at ?? "?"} on ${model} is asked` : `from step ${at ?? "?"} on asked again`);
  return times ? `${what}, ${times}` : what;
}
