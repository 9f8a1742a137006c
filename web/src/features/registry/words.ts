/** The words of the register. Pure. */

export const LACKS: Record<string, readonly [string, string]> = {
  registration: ["not registered", "Seen in traffic, but nobody entered it"],
  owner: ["no owner", "Neither a team nor a person answers for it"],
  on_call: ["nobody on call", "Nobody would be told now"],
  gap: ["a gap in on-call", "Somebody would be told, but not everybody its policy names"],
  runbook: ["no runbook", "Nothing says what to do when it fails"],
  objective: ["no objective", "Nothing says how good it has to be"],
  tier: ["no tier", "Nothing says how much it matters"],
  proof: ["on-call not proven", "On-call acknowledged no test page in the last 90 days"],
};

export const lackWords = (lack: string): string => LACKS[lack]?.[0] ?? lack.replaceAll("_", " ");

export const STAGES = ["pilot", "canary", "production", "retired"] as const;

/** What the server takes as a name: said before it refuses. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;

/** A name out of what somebody typed: "Support Week" → "support-week". */
export const nameFrom = (title: string): string =>
  title
    .trim()
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9._@+-]+/g, "-")
    .replace(/^[^a-z0-9]+|-+$/g, "")
    .slice(0, 100);

export function seconds(value: number): string {
  if (value % 3600 === 0) return `${value / 3600} h`;
  return value % 60 === 0 ? `${value / 60} min` : `${value} s`;
}
