/** What a monitor can watch, as a form offers it; names of a detector or a score are written by hand. */
export const SIGNALS: readonly { value: string; label: string }[] = [
  { value: "completion", label: "Completion: runs said to have succeeded" },
  { value: "quality", label: "Judged quality: 1 − p(failure)" },
  { value: "tool_failures", label: "Tool failures: runs in which a tool call failed" },
  { value: "errors", label: "Errors: runs that ended with a technical error" },
  { value: "latency", label: "Latency: runs slower than usual" },
  { value: "cost", label: "Cost: runs dearer than usual" },
  { value: "tokens", label: "Tokens: runs longer than usual" },
  { value: "disagreement", label: "Disagreement of people and judge" },
  { value: "detector:", label: "A detector, by its name…" },
  { value: "score:", label: "A score, by its name…" },
];

export const STRATA: readonly { value: string; label: string }[] = [
  { value: "hour", label: "hour of the day" },
  { value: "weekday", label: "weekday" },
  { value: "release", label: "release" },
  { value: "model", label: "model" },
];

export const PATIENCE: readonly { value: string; label: string }[] = [
  { value: "0.25", label: "One false alarm in 3 months" },
  { value: "1", label: "One false alarm in a year" },
  { value: "5", label: "One in 5 years (20 % a year)" },
  { value: "20", label: "One in 20 years (5 % a year)" },
  { value: "100", label: "One in 100 years (1 % a year)" },
];

/** The choices, with one more for a figure that is none of them. */
export function withCurrent(choices: readonly { value: string; label: string }[], value: string, label: string) {
  return choices.some((each) => each.value === value) ? choices : [...choices, { value, label }];
}
