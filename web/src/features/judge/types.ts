/** What the server says about verdicts, issues and what judges. Unknown is null. */
import type { Run } from "@/client/types";

export type Outcome = "success" | "failure" | "unknown";

/** Of a run, as the verdict left it. */
export interface Judgement {
  judged: string | null;
  p_failure: number | null;
  detectors: string[];
  modes: string[];
  issues: string[];
}

export type JudgedRun = Run & Partial<Judgement>;

export interface Evidence {
  /** null where it is about the run as a whole. */
  span_id: string | null;
  place: string | null;
  excerpt: string | null;
  start: number | null;
  end: number | null;
}

export interface Finding {
  detector: string;
  title: string;
  version: number;
  confidence: number;
  /** Whether it speaks for a failure; others are only worth knowing. */
  suspicious: boolean;
  mode: string | null;
  mode_name: string | null;
  reason: string;
  tool: string | null;
  evidence: Evidence[];
}

export interface CalibrationBin {
  low: number;
  high: number;
  n: number;
  predicted: number | null;
  observed: number | null;
  observed_low: number | null;
  observed_high: number | null;
}

export interface Calibration {
  n: number;
  brier: number | null;
  ece: number | null;
  fitted_on: string | null;
  bins: CalibrationBin[];
}

export interface Said {
  outcome: Outcome;
  source: string;
  reason: string | null;
  author: string | null;
  at: string | null;
}

export interface GivenScore {
  name: string;
  value: number | null;
  label: string | null;
  source: string | null;
  author?: string | null;
  evaluator_version?: string | null;
  explanation: string | null;
  span_id: string | null;
  at?: string | null;
  evidence?: Evidence[];
  mode?: string | null;
  cost_usd?: number | null;
  /** With what probability it was drawn; null where it was asked for or triggered. */
  sampled?: number | null;
}

export interface Contribution {
  signal: string;
  title: string;
  /** Adds to (above 0) or takes from the log-odds of failure. */
  weight: number;
}

export interface Verdict {
  run_id: string;
  judged: string | null;
  p_failure: number | null;
  calibration: Calibration | null;
  contributions: Contribution[];
  outcome: Outcome;
  outcome_source: string | null;
  outcome_reason: string | null;
  said: Said[];
  findings: Finding[];
  scores: GivenScore[];
  first_suspicious_span_id: string | null;
}

export type IssueState = "open" | "muted" | "resolved" | "regressed";

export interface Issue {
  id: string;
  title: string;
  mode: string | null;
  mode_name: string | null;
  detector: string | null;
  tool: string | null;
  agent: string | null;
  agents: string[];
  error_shape: string | null;
  cluster: string | null;
  state: IssueState;
  assignee: string | null;
  runs: number;
  runs_24h: number;
  first_seen: string;
  last_seen: string;
  releases: { release: string | null; runs: number }[];
  spark: { start: string; runs: number }[];
  representative_run_ids: string[];
  mute_until?: string | null;
  resolved_in_release?: string | null;
  history?: IssueEvent[];
}

export interface IssueEvent {
  at: string;
  what: string;
  author: string | null;
}

export interface IssueChange {
  state?: IssueState;
  assignee?: string | null;
  mute_until?: string | null;
  resolved_in_release?: string | null;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
