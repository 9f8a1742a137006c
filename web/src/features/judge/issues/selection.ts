import type { Issue, IssueChange, IssueState } from "../types";

export const ISSUE_TABS = ["regressed", "muted", "resolved", "all"] as const;
export type IssueTab = (typeof ISSUE_TABS)[number];
export const ISSUE_SORTS = ["last_seen", "runs", "first_seen"] as const;
export type IssueSort = (typeof ISSUE_SORTS)[number];

/** The states a tab shows. */
export function statesOf(tab: IssueTab | undefined): IssueState[] {
  if (tab === undefined) return ["open", "regressed"];
  return tab === "all" ? ["open", "regressed", "muted", "resolved"] : [tab];
}

/** Resolving what is resolved or muted opens it again. */
export function toggled(issue: Pick<Issue, "state">, wanted: "resolved" | "muted"): { change: IssueChange; done: string } {
  if (issue.state === wanted) return { change: { state: "open" }, done: "Opened again" };
  return wanted === "resolved" ? { change: { state: "resolved" }, done: "Resolved: it opens again if a later run fails the same way" } : { change: { state: "muted" }, done: "Muted until somebody opens it again" };
}
