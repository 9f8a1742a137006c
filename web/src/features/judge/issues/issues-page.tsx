import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useProject } from "@/client/project";
import { fleetQuery } from "@/features/observe/queries";
import { RangePicker } from "@/features/observe/range-picker";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Select } from "@/ui/form";
import { plural } from "@/ui/format";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Failed, SkeletonRows } from "@/ui/states";
import { issuesQuery, modesQuery, type IssueSelection } from "../queries";
import type { Issue } from "../types";
import { Assign } from "./assign";
import { useIssueChange } from "./change";
import { Heads, NoIssues, Shortcuts } from "./issue-list-parts";
import { IssueRow } from "./issue-row";
import { statesOf, toggled, type IssueSort, type IssueTab } from "./selection";
import { useSteady } from "./steady";

const route = getRouteApi("/shell/issues");
const TABS: readonly (readonly [IssueTab | undefined, string])[] = [
  [undefined, "Open"],
  ["regressed", "Came back"],
  ["muted", "Muted"],
  ["resolved", "Resolved"],
  ["all", "All"],
];
const SORTS: readonly { value: IssueSort; label: string }[] = [
  { value: "last_seen", label: "Last seen" },
  { value: "runs", label: "Most runs" },
  { value: "first_seen", label: "Newest" },
];
const ANY = "";

/** Failures by kind instead of one by one: what goes wrong, since when, how often, who looks after it. */
export function IssuesPage() {
  const project = useProject();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { from, to, state, agent, mode, q } = search;
  const range = useMemo(() => ({ from, to }), [from, to]);
  const sort = search.sort ?? "last_seen";
  const selection = useMemo<IssueSelection>(() => ({ from, to, state: statesOf(state), agent, mode, q, sort }), [from, to, state, agent, mode, q, sort]);
  const list = useInfiniteQuery(issuesQuery(project, selection));
  const fleet = useQuery(fleetQuery(project, range));
  const modes = useQuery(modesQuery);
  useLiveRefresh([["issues", project]], { everyMs: 5000 });
  const issues = useSteady(list.data?.pages.flatMap((page) => page.items) ?? [], JSON.stringify([project, selection]));
  const [active, setActive] = useState(-1);
  const [assigning, setAssigning] = useState<Issue>();
  const change = useIssueChange(project);
  const current = issues[active];
  const set = (next: Partial<typeof search>) => {
    setActive(-1);
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  };
  const act = (wanted: "resolved" | "muted") => current && change.mutate({ id: current.id, ...toggled(current, wanted) });
  const move = (by: number) => setActive((at) => Math.max(0, Math.min(issues.length - 1, at + by)));
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => move(1),
    arrowup: () => move(-1),
    enter: () => current && void navigate({ to: "/issues/$issueId", params: { issueId: current.id }, search: range }),
    e: () => act("resolved"),
    m: () => act("muted"),
    a: () => setAssigning(current),
  });
  const agents = [...new Set([...(fleet.data?.items ?? []).flatMap((row) => row.agent ?? []), ...(agent ? [agent] : [])])].sort();
  const narrowed = Boolean(agent ?? q ?? mode ?? state);
  return (
    <Page
      title="Issues"
      heading={
        <h1 className="flex items-baseline gap-2 text-base font-semibold tracking-[-0.01em]">
          Issues
          <span className="num text-xs font-normal text-muted">{list.data ? plural(issues.length, "issue") + (list.hasNextPage ? " shown" : "") : ""}</span>
        </h1>
      }
      actions={
        <>
          <Shortcuts />
          <RangePicker value={range} onChange={set} />
        </>
      }
      bar={
        <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5 md:px-5">
          <div role="group" aria-label="Which issues" className="flex max-w-full overflow-x-auto rounded-md border border-line-strong p-px">
            {TABS.map(([value, label]) => (
              <button key={label} type="button" aria-pressed={state === value} onClick={() => set({ state: value })} className={cx("h-6 rounded px-2 text-2xs whitespace-nowrap", state === value ? "bg-hover font-medium text-text" : "text-muted hover:text-text")}>
                {label}
              </button>
            ))}
          </div>
          <label className="flex h-7 min-w-40 flex-1 items-center gap-2 rounded-md border border-line-strong bg-surface px-2 focus-within:border-focus focus-within:ring-1 focus-within:ring-focus">
            <Search className="size-3.5 shrink-0 text-muted" aria-hidden />
            <input
              data-search
              aria-label="Find an issue"
              placeholder="Find by title, tool or mode"
              className="min-w-0 flex-1 bg-transparent text-xs outline-none"
              value={q ?? ""}
              onChange={(event) => set({ q: event.target.value || undefined })}
              onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
            />
          </label>
          <Select label="Mode" value={mode ?? ANY} choices={[{ value: ANY, label: "Every mode" }, ...(modes.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))]} onChange={(value) => set({ mode: value || undefined })} className="max-w-48" />
          <Select label="Agent" value={agent ?? ANY} choices={[{ value: ANY, label: "Every agent" }, ...agents.map((each) => ({ value: each, label: each }))]} onChange={(value) => set({ agent: value || undefined })} className="max-w-48" />
          <Select label="Order" value={sort} choices={SORTS} onChange={(value) => set({ sort: value === "last_seen" ? undefined : (value as IssueSort) })} />
        </div>
      }
    >
      <div className="h-full overflow-y-auto bg-surface" tabIndex={0} role="region" aria-label="List of issues">
        {list.isError ? (
          <Failed what="Issues" error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <SkeletonRows rows={10} height={56} />
        ) : issues.length === 0 ? (
          <NoIssues narrowed={narrowed} runs={fleet.data?.total?.runs ?? 0} />
        ) : (
          <>
            <Heads />
            <ul aria-label="Issues">
              {issues.map((issue, index) => (
                <IssueRow key={issue.id} issue={issue} range={range} active={index === active} onActive={() => setActive(index)} />
              ))}
            </ul>
            {list.hasNextPage ? (
              <div className="p-4 text-center">
                <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                  Show more
                </Button>
              </div>
            ) : null}
          </>
        )}
      </div>
      {assigning ? (
        <Assign
          issue={assigning}
          onClose={() => setAssigning(undefined)}
          onAssign={(assignee) => {
            setAssigning(undefined);
            change.mutate({ id: assigning.id, change: { assignee }, done: assignee ? `Assigned to ${assignee}` : "Assigned to nobody" });
          }}
        />
      ) : null}
    </Page>
  );
}
