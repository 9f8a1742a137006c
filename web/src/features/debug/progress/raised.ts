/** A budget as it is typed, time in minutes; where one is raised, what was used up is. */
import type { Budget } from "../types";
import type { Bound, BoundName } from "./bounds";

export type Draft = Record<BoundName, string>;

export const NO_BUDGET: Budget = { reruns: 40, calls: null, usd: null, seconds: null };

const SECONDS = 60;
const MORE_RERUNS = 20;

/** What was used up is raised: twenty more reruns, twice of anything else. The rest is as it was. */
export function draftOf(budget: Budget, bounds: readonly Bound[] = []): Draft {
  const text = (name: BoundName): string => {
    const most = budget[name];
    if (most === null || most === undefined) return "";
    const usedUp = bounds.some((each) => each.name === name && each.usedUp);
    const raised = !usedUp ? most : name === "reruns" ? most + MORE_RERUNS : most * 2;
    return String(name === "seconds" ? raised / SECONDS : raised);
  };
  return { reruns: text("reruns"), usd: text("usd"), calls: text("calls"), seconds: text("seconds") };
}

/** Null for what is no number: nothing bounds it then. */
export const number = (text: string): number | null => (text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text));

export function readDraft(draft: Draft): Budget {
  const seconds = number(draft.seconds);
  return { reruns: number(draft.reruns), usd: number(draft.usd), calls: number(draft.calls), seconds: seconds === null ? null : seconds * SECONDS };
}
