/** Where things stand in the picture of a bisect. Steps count from 1; places are shares of the axis, 0 to 1. */
import type { Rerun } from "../types";

/** px a step needs at least, so that 40 of them fit on a phone. */
export const LEAST_COLUMN = 6;

/** px between two numbers on the axis. */
const LABEL_ROOM = 26;

export const startOf = (step: number, steps: number): number => (steps ? (step - 1) / steps : 0);
export const middleOf = (step: number, steps: number): number => (steps ? (step - 0.5) / steps : 0);
export const percentage = (share: number): string => `${(share * 100).toFixed(3)}%`;

/** Every how many steps a number stands, where the axis is `width` px wide: 1, 2, 5, 10 ... */
export function numberEvery(steps: number, width: number): number {
  const most = Math.max(1, Math.floor(width / LABEL_ROOM));
  for (let size = 1; ; size *= 10) for (const factor of [1, 2, 5]) if (steps / (size * factor) <= most) return size * factor;
}

export type Said = "passed" | "failed" | "nothing" | "running" | "waiting";

/** Reruns that the search does not count, by their number, and why. */
export type Uncounted = ReadonlyMap<number, string>;

const ALL_COUNT: Uncounted = new Map();

/** What a rerun says about the step that is looked for: an agent that never came so far has failed, and says nothing. */
export function saidOf({ state, passed, number }: Pick<Rerun, "state" | "passed" | "number">, uncounted = ALL_COUNT): Said {
  if (state === "waiting") return "waiting";
  if (state === "taken") return "running";
  return passed === null || uncounted.has(number) ? "nothing" : passed ? "passed" : "failed";
}

export interface Flip {
  /** The last switch that still succeeds: the step that was put right there is the one. */
  passed: Rerun;
  failed: Rerun | undefined;
}

/** The two reruns nearest to each other that came out differently; undefined while none succeeded. */
export function flipOf(reruns: readonly Rerun[], uncounted = ALL_COUNT): Flip | undefined {
  const asked = reruns.filter((each) => !each.only && each.switch !== null && each.passed !== null && !uncounted.has(each.number));
  const passed = asked.filter((each) => each.passed).sort((a, b) => (b.switch ?? 0) - (a.switch ?? 0))[0];
  if (!passed) return undefined;
  const after = asked.filter((each) => each.passed === false && (each.switch ?? 0) > (passed.switch ?? 0));
  return { passed, failed: after.sort((a, b) => (a.switch ?? 0) - (b.switch ?? 0))[0] };
}

/** How likely each step is to be the one, at least `steps` long; entry 0 is that no step by itself is. */
export function massOf(mass: readonly number[] | undefined, steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, step) => mass?.[step] ?? 0);
}

interface Peak {
  share: number;
  /** The steps that are likeliest, each as likely as the others. */
  steps: readonly number[];
  /** Where its figure stands: over the one, or in the middle of those beside each other; undefined where they lie apart. */
  middle: number | undefined;
}

/** What stands out of `likely` (entry 0 is no step); undefined where nothing does. */
export function peakOf(likely: readonly number[]): Peak | undefined {
  const share = Math.max(0, ...likely.slice(1));
  if (share < 0.005) return undefined;
  const steps = likely.flatMap((each, step) => (step > 0 && share - each < 1e-6 ? [step] : []));
  const [first = 1, last = 1] = [steps[0], steps.at(-1)];
  return { share, steps, middle: last - first + 1 === steps.length ? (first + last) / 2 : undefined };
}

/** In words, for who cannot see it. */
export function spoken(reruns: readonly Rerun[], steps: number, found: number | null, uncounted = ALL_COUNT): string {
  const count = (said: Said) => reruns.filter((each) => saidOf(each, uncounted) === said).length;
  const parts = [`${steps} steps`, `${reruns.length} reruns: ${count("passed")} succeeded, ${count("failed")} failed`];
  if (count("running") + count("waiting")) parts.push(`${count("running") + count("waiting")} to come`);
  parts.push(found === null ? "no step found yet" : `step ${found} is marked as the one`);
  return parts.join("; ");
}
