import type { Target } from "../types";

const OWN: Record<Target["kind"], string> = { schedule: "the agent’s own schedule", person: "the agent’s owner", team: "the agent’s team", channel: "a channel" };

/** "the agent's own schedule", "ann", "team support". */
export function targetWords(target: Target): string {
  if (!target.name) return OWN[target.kind];
  return target.kind === "person" ? target.name : `${target.kind} ${target.name}`;
}

export const writeTarget = (target: Target): string => `${target.kind}:${target.name}`;

export function readTarget(text: string): Target {
  const cut = text.indexOf(":");
  return { kind: text.slice(0, cut) as Target["kind"], name: text.slice(cut + 1) };
}
