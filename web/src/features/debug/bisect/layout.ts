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

/** What a rerun says about the step that is looked for. */
export function saidOf({ state, passed }: Pick<Rerun, "state" | "passed">): Said {
  if (state === "waiting") return "waiting";
  if (state === "taken") return "running";
  return passed === null ? "nothing" : passed ? "passed" : "failed";
}

export interface Flip {
  /** The last switch that still succeeds: the step that was put right there is the one. */
  passed: Rerun;
  failed: Rerun | undefined;
}

/** The two reruns nearest to each other that came out differently; undefined while none succeeded. */
export function flipOf(reruns: readonly Rerun[]): Flip | undefined {
  const asked = reruns.filter((each) => !each.only && each.switch !== null && each.passed !== null);
  const passed = asked.filter((each) => each.passed).sort((a, b) => (b.switch ?? 0) - (a.switch ?? 0))[0];
  if (!passed) return undefined;
  const after = asked.filter((each) => each.passed === false && (each.switch ?? 0) > (passed.switch ?? 0));
  return { passed, failed: after.sort((a, b) => (a.switch ?? 0) - (b.switch ?? 0))[0] };
}

/** How likely each step is to be the one, at least `steps` long; entry 0 is that no step by itself is. */
export function massOf(mass: readonly number[] | undefined, steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, step) => mass?.[step] ?? 0);
}

/** In words, for who cannot see it. */
export function spoken(reruns: readonly Rerun[], steps: number, found: number | null): string {
  const count = (said: Said) => reruns.filter((each) => saidOf(each) === said).length;
  const parts = [`${steps} steps`, `${reruns.length} reruns: ${count("passed")} succeeded, ${count("failed")} failed`];
  if (count("running") + count("waiting")) parts.push(`${count("running") + count("waiting")} to come`);
  parts.push(found === null ? "no step found yet" : `step ${found} is marked as the one`);
  return parts.join("; ");
}
