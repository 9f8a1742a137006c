import type { IssueState } from "../types";

export const ISSUE_TABS = ["regressed", "muted", "resolved", "all"] as const;
export type IssueTab = (typeof ISSUE_TABS)[number];
export const ISSUE_SORTS = ["last_seen", "runs", "first_seen"] as const;
export type IssueSort = (typeof ISSUE_SORTS)[number];

/** The states a tab shows. */
export function statesOf(tab: IssueTab | undefined): IssueState[] {
  if (tab === undefined) return ["open", "regressed"];
  return tab === "all" ? ["open", "regressed", "muted", "resolved"] : [tab];
}
