/** What an inquiry found. The API gives it as an object whose fields depend on the kind. */
import type { InquiryRow } from "./types";

export type Outcome = "identical" | "same_calls" | "other_answer" | "fewer_calls" | "diverged" | "crashed" | "cannot_tell";

export interface ReplayFinding {
  outcome: Outcome;
  sentences: string[];
  diverged_at: number | null;
  diff: string;
}

export interface ForkFinding {
  outcome: Outcome;
  sentences: string[];
  passed: number;
  failed: number;
  unknown: number;
  as_recorded: number;
}

export interface BisectFinding {
  state: "sure" | "unsure" | "not_a_step" | "cannot_tell";
  step: number | null;
  confidence: number;
  /** Of no step by itself, of step 1, of step 2 ... */
  mass: number[];
  confirmed: boolean | null;
  sentences: string[];
}

type Told = Pick<InquiryRow, "kind" | "finding">;

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []);
const numbersOf = (value: unknown): number[] => (Array.isArray(value) ? value.filter((each): each is number => typeof each === "number") : []);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
const oneOf = <T extends string>(value: unknown, known: readonly T[], otherwise: T): T => known.find((each) => each === value) ?? otherwise;

const OUTCOMES = ["identical", "same_calls", "other_answer", "fewer_calls", "diverged", "crashed", "cannot_tell"] as const;
const STATES = ["sure", "unsure", "not_a_step", "cannot_tell"] as const;

export function replayFinding({ kind, finding }: Told): ReplayFinding | undefined {
  if (kind !== "replay" || !finding) return undefined;
  return { outcome: oneOf(finding.outcome, OUTCOMES, "cannot_tell"), sentences: textsOf(finding.sentences), diverged_at: numberOf(finding.diverged_at), diff: typeof finding.diff === "string" ? finding.diff : "" };
}

export function forkFinding({ kind, finding }: Told): ForkFinding | undefined {
  if (kind !== "fork" || !finding) return undefined;
  const count = (name: string) => numberOf(finding[name]) ?? 0;
  return { outcome: oneOf(finding.outcome, OUTCOMES, "cannot_tell"), sentences: textsOf(finding.sentences), passed: count("passed"), failed: count("failed"), unknown: count("unknown"), as_recorded: count("as_recorded") };
}

export function bisectFinding({ kind, finding }: Told): BisectFinding | undefined {
  if (kind !== "bisect" || !finding) return undefined;
  return {
    state: oneOf(finding.state, STATES, "cannot_tell"),
    step: numberOf(finding.step),
    confidence: numberOf(finding.confidence) ?? 0,
    mass: numbersOf(finding.mass),
    confirmed: typeof finding.confirmed === "boolean" ? finding.confirmed : null,
    sentences: textsOf(finding.sentences),
  };
}
