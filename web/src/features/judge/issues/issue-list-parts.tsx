import { Link } from "@tanstack/react-router";
import { CircleCheck, Search } from "lucide-react";
import { ConnectHint } from "@/features/start/connect-hint";
import { buttonClass } from "@/ui/button";
import { Keys } from "@/ui/keys";
import { Empty } from "@/ui/states";

export function Heads() {
  return (
    <div aria-hidden className="sticky top-0 z-10 hidden h-8 grid-cols-[minmax(0,1fr)_7rem_5rem_6rem_6rem_7rem_6rem] items-center gap-x-4 border-b border-line bg-surface px-5 text-xs text-muted md:grid">
      <span>Issue</span>
      <span>Trend</span>
      <span className="text-right">Runs</span>
      <span className="text-right">Last seen</span>
      <span className="text-right">First seen</span>
      <span className="text-right">Releases</span>
      <span>Assignee</span>
    </div>
  );
}

export function Shortcuts() {
  return (
    <span className="hidden items-center gap-3 text-2xs text-muted lg:flex">
      {(["e resolve", "m mute", "a assign"] as const).map((each) => (
        <span key={each} className="flex items-center gap-1">
          <Keys value={each.charAt(0)} /> {each.slice(2)}
        </span>
      ))}
    </span>
  );
}

export function NoIssues({ narrowed, runs }: { narrowed: boolean; runs: number }) {
  if (narrowed)
    return (
      <Empty icon={<Search />} title="No issue matches">
        <Link to="/issues" className={`${buttonClass()} mt-4`}>
          Show the open ones
        </Link>
      </Empty>
    );
  return (
    <Empty icon={<CircleCheck />} title="No open issue">
      {runs > 0 ? (
        <p>No judged run has failed in a way that a detector knows. Runs that nobody said the outcome of may still have failed.</p>
      ) : (
        <>
          <p>Runs that fail the same way are gathered here. Point an agent here first:</p>
          <ConnectHint />
        </>
      )}
    </Empty>
  );
}
