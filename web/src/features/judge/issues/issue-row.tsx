import { Link } from "@tanstack/react-router";
import { User } from "lucide-react";
import type { TimeRange } from "@/client/time-range";
import { filterText } from "@/features/observe/filters";
import { runsOf } from "@/features/observe/links";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { count, plural } from "@/ui/format";
import { Sparkline } from "@/ui/sparkline";
import { Ago } from "@/ui/time";
import type { Issue } from "../types";
import { StateMark } from "./look";

/** The runs an issue counts, of the same time. */
export const runsOfIssue = (id: string, range: TimeRange, ...more: string[]) => runsOf(range, filterText("issues", "eq", id), ...more);

interface IssueRowProps {
  issue: Issue;
  range: TimeRange;
  active: boolean;
  onActive: () => void;
}

/** One way of failing: what, where, how often, since when, who looks after it. */
export function IssueRow({ issue, range, active, onActive }: IssueRowProps) {
  const releases = issue.releases.map((each) => each.release).filter(Boolean);
  return (
    <li
      data-active={active || undefined}
      className={cx(
        "relative grid grid-cols-3 gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 md:grid-cols-[minmax(0,1fr)_7rem_5rem_6rem_6rem_7rem_6rem] md:items-center md:px-5",
        active ? "bg-selected" : "hover:bg-hover",
      )}
      onMouseDown={onActive}
      ref={(element) => {
        if (active) element?.scrollIntoView({ block: "nearest" });
      }}
    >
      <div className="col-span-3 flex min-w-0 gap-2 md:col-span-1">
        <span className="mt-0.5">
          <StateMark state={issue.state} />
        </span>
        <div className="min-w-0 flex-1">
          <Link to="/issues/$issueId" params={{ issueId: issue.id }} search={range} className="block truncate font-medium after:absolute after:inset-0" title={issue.title}>
            {issue.title}
          </Link>
          <p className="mt-0.5 flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 text-2xs text-muted">
            {issue.detector === "mode" ? <span className="shrink-0">named by people or judges</span> : issue.mode_name ? <Badge>{issue.mode_name}</Badge> : null}
            <span className="truncate">{issue.agent ?? "unnamed agent"}</span>
            {issue.tool ? <span className="truncate font-mono">{issue.tool}</span> : null}
          </p>
        </div>
      </div>
      <span className="col-span-3 md:col-span-1">
        <Sparkline values={issue.spark.map((point) => point.runs)} label={`${plural(issue.runs, "run")} over this time`} width={104} fill />
      </span>
      <span className="num flex items-baseline gap-1.5 md:flex-col md:items-end md:gap-0">
        <Link to="/runs" search={runsOfIssue(issue.id, range)} className="relative z-1 rounded text-xs font-medium hover:link" title="Its runs">
          {count(issue.runs)} <span className="md:hidden">runs</span>
        </Link>
        <span className="text-2xs text-muted">{issue.runs_24h ? `${count(issue.runs_24h)} in 24 h` : "none in 24 h"}</span>
      </span>
      <Fact label="last seen">
        <Ago at={issue.last_seen} />
      </Fact>
      <Fact label="first seen">
        <Ago at={issue.first_seen} />
      </Fact>
      <Fact label="releases" className="hidden">
        <span className="truncate" title={releases.join(", ")}>
          {releases.length === 0 ? "unknown" : releases.length === 1 ? releases[0] : `${releases[0]} +${releases.length - 1}`}
        </span>
      </Fact>
      <span className="hidden min-w-0 items-center gap-1 truncate text-xs md:flex">
        {issue.assignee ? (
          <>
            <User className="size-3.5 shrink-0 text-muted" aria-hidden /> <span className="truncate">{issue.assignee}</span>
          </>
        ) : (
          <span className="text-faint">nobody</span>
        )}
      </span>
    </li>
  );
}

function Fact({ label, className = "flex", children }: { label: string; className?: string; children: React.ReactNode }) {
  return (
    <span className={cx(className, "num min-w-0 gap-1.5 text-xs whitespace-nowrap text-muted md:flex md:justify-end")}>
      <span className="text-faint md:hidden">{label.split(" ")[0]}</span> {children}
    </span>
  );
}
