import type { Incident, IncidentState, Severity } from "./types";

/** What needs a person first. Pure, so that it can be tested. */

const STATES: readonly IncidentState[] = ["open", "reopened", "acknowledged", "mitigated", "resolved"];
const SEVERITIES: readonly Severity[] = ["critical", "error", "warning", "info"];

/** Whether nobody has said that they look after it. */
export const unheeded = (incident: Pick<Incident, "state">): boolean => incident.state === "open" || incident.state === "reopened";

const rank = (incident: Pick<Incident, "state">): number => (unheeded(incident) ? 0 : STATES.indexOf(incident.state));

/** Unheeded first, the worst of them first, then the newest. */
export function inOrder<T extends Pick<Incident, "state" | "severity" | "opened_at">>(incidents: readonly T[]): T[] {
  return [...incidents].sort(
    (a, b) => rank(a) - rank(b) || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || Date.parse(b.opened_at) - Date.parse(a.opened_at),
  );
}

/** Of the worst severity the one that came first; undefined of none. */
export function worst<T extends { severity: Severity; at: string }>(alarms: readonly T[]): T | undefined {
  return [...alarms].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || Date.parse(a.at) - Date.parse(b.at))[0];
}

/** "3 m 05 s" is too fine for a figure of a month: 42 s, 12 min, 3.4 h, 2.1 d. */
export function span(seconds: number | null | undefined): string {
  if (seconds == null) return "–";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1).replace(/\.0$/, "")} h`;
  return `${(seconds / 86_400).toFixed(1).replace(/\.0$/, "")} d`;
}
