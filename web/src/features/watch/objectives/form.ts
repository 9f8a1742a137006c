import { KINDS } from "./words";
import type { IndicatorKind, Objective, ObjectiveBody } from "./types";

/** What stands in the form of an objective: text as it is typed. */
export interface Form {
  name: string;
  agent: string;
  kind: IndicatorKind;
  threshold: string;
  score: string;
  /** Per cent. */
  target: string;
  rolling: boolean;
  days: string;
  unit: NonNullable<Objective["window"]["unit"]>;
  zone: string;
  release: string;
  environment: string;
  minEvents: string;
  alerting: boolean;
  description: string;
  /** What the form does not show and must not lose. */
  kept: Partial<Pick<ObjectiveBody, "budgeting" | "time_slice">> & { count: number; start: string };
}

export const emptyForm: Form = {
  name: "",
  agent: "",
  kind: "completion",
  threshold: "",
  score: "",
  target: "95",
  rolling: true,
  days: "28",
  unit: "month",
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  release: "",
  environment: "",
  minEvents: "20",
  alerting: true,
  description: "",
  kept: { count: 1, start: "" },
};

/** Without the noise of binary fractions: 0.57 → "57". */
const perCent = (share: number) => String(Number((share * 100).toPrecision(12)));

export function formOf(objective: Objective): Form {
  const { indicator, window } = objective;
  return {
    name: objective.name,
    agent: objective.agent,
    kind: indicator.kind,
    threshold: indicator.threshold?.toString() ?? "",
    score: indicator.score,
    target: perCent(objective.target),
    rolling: window.days > 0,
    days: String(window.days || 28),
    unit: window.unit,
    zone: window.time_zone,
    release: objective.release ?? "",
    environment: objective.environment ?? "",
    minEvents: String(objective.min_events),
    alerting: objective.alerting,
    description: objective.description ?? "",
    kept: { budgeting: objective.budgeting, time_slice: objective.time_slice, count: window.count, start: window.start },
  };
}

const LIMITED: readonly IndicatorKind[] = ["latency", "cost", "score"];

/** What is sent; undefined while something that is needed is missing. */
export function bodyOf(form: Form): ObjectiveBody | undefined {
  const target = Number(form.target) / 100;
  const limited = LIMITED.includes(form.kind);
  if (!form.agent || !(target > 0 && target < 1)) return undefined;
  if (limited && (form.threshold.trim() === "" || Number.isNaN(Number(form.threshold)))) return undefined;
  if (form.kind === "score" && !form.score.trim()) return undefined;
  const days = form.rolling ? Number(form.days) : 0;
  if (form.rolling && !(days >= 1)) return undefined;
  return {
    name: form.name.trim() || KINDS[form.kind][0],
    agent: form.agent,
    indicator: { kind: form.kind, threshold: limited ? Number(form.threshold) : null, score: form.kind === "score" ? form.score.trim() : "" },
    target: Number(target.toPrecision(12)),
    window: { days, unit: form.unit, count: form.rolling ? 1 : form.kept.count, start: form.rolling ? "" : form.kept.start, time_zone: form.zone.trim() || "UTC" },
    release: form.release.trim(),
    environment: form.environment.trim(),
    budgeting: form.kept.budgeting ?? "occurrences",
    time_slice: form.kept.time_slice ?? null,
    min_events: Number(form.minEvents) || 20,
    alerting: form.alerting,
    description: form.description.trim(),
  };
}
