/** A budget as it is typed, in which what was used up is raised. */
import type { Budget } from "../types";
import type { Bound, BoundName } from "./bounds";

export type Draft = Record<BoundName, string>;

const SECONDS = 60;
const MORE_RERUNS = 20;

/** What was used up is raised: twenty more reruns, twice of anything else. The rest is as it was; time is in minutes. */
export function draftOf(budget: Budget, bounds: readonly Bound[]): Draft {
  const text = (name: BoundName): string => {
    const most = budget[name];
    if (most === null || most === undefined) return "";
    const usedUp = bounds.some((each) => each.name === name && each.usedUp);
    const raised = !usedUp ? most : name === "reruns" ? most + MORE_RERUNS : most * 2;
    return String(name === "seconds" ? raised / SECONDS : raised);
  };
  return { reruns: text("reruns"), usd: text("usd"), calls: text("calls"), seconds: text("seconds") };
}

export function readDraft(draft: Draft): Budget {
  const number = (text: string): number | null => (text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text));
  const seconds = number(draft.seconds);
  return { reruns: number(draft.reruns), usd: number(draft.usd), calls: number(draft.calls), seconds: seconds === null ? null : seconds * SECONDS };
}
