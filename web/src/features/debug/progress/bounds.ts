/** How far an inquiry is against each of its bounds. */
import { duration, money, plural } from "@/ui/format";
import type { Budget, InquiryRow } from "../types";

export type BoundName = keyof Budget;

export interface Bound {
  name: BoundName;
  label: string;
  value: number;
  /** Null: nothing bounds it. */
  most: number | null;
  /** Where it usually ends: of a bisect, with an agent that always does the same. */
  usual: number | undefined;
  words: string;
  usedUp: boolean;
}

export type Told = Pick<InquiryRow, "kind" | "progress" | "budget" | "spent" | "steps">;

/** What a search by halves takes at most with an agent that always does the same, as `progress.planned` begins. */
export const usualReruns = (steps: number): number => 2 * (Math.floor(Math.log2(Math.max(1, steps))) + 1);

/** Reruns, cost, calls, time, in this order. */
export function boundsOf({ kind, progress, budget, spent, steps }: Told): Bound[] {
  const searching = kind === "bisect";
  // Repeats are known beforehand; of a bisect only the budget is.
  const most = searching ? budget.reruns : Math.min(progress.planned, budget.reruns ?? progress.planned);
  const usual = searching ? usualReruns(steps) : undefined;
  const reruns: Bound = {
    name: "reruns",
    label: "Reruns",
    value: progress.done,
    most,
    usual: usual !== undefined && (most === null || usual < most) ? usual : undefined,
    words: `${progress.done}${most === null ? "" : searching ? ` of at most ${most}` : ` of ${most}`}${progress.running ? ` · ${progress.running} under way` : ""}`,
    usedUp: budget.reruns !== null && spent.reruns >= budget.reruns,
  };
  return [
    reruns,
    bound("usd", "Cost", spent.usd, budget.usd, money),
    bound("calls", "Really asked", spent.calls, budget.calls, (value) => plural(value, "call")),
    bound("seconds", "Time", spent.seconds, budget.seconds, (value) => duration(value * 1000)),
  ];
}

function bound(name: BoundName, label: string, value: number, most: number | null, said: (value: number) => string): Bound {
  return { name, label, value, most, usual: undefined, words: `${said(value)}${most === null ? "" : ` of at most ${said(most)}`}`, usedUp: most !== null && value >= most };
}

/** Why the length of the bar is a bound and no promise; "" where it is known how many there will be. */
export function honestWords({ kind, progress, budget, steps }: Told): string {
  if (kind !== "bisect") return "";
  const usual = usualReruns(steps);
  if (progress.done > usual) return `More than the ${usual} that an agent which always does the same would take: its reruns contradict each other, or say nothing.`;
  const most = `An agent that always does the same takes at most ${usual} reruns for ${plural(steps, "step")}; one that varies takes more.`;
  return budget.reruns === null ? `${most} No bound on reruns was set.` : most;
}
