import { Link } from "@tanstack/react-router";
import { BellRing, Siren, Tag } from "lucide-react";
import type { ReactNode } from "react";
import { filterText } from "@/features/observe/filters";
import { runsOf } from "@/features/observe/links";
import { cx } from "@/ui/classes";
import type { Mark } from "./picture-scale";

/** Where the plot's own area begins and ends, px: as picture.tsx draws it. */
const LEFT = 46;
const RIGHT = 14;

/** Releases, alarms and incidents above the picture, on its time axis: each a link. */
export function MarkLane({ from, to, marks, agent }: { from: number; to: number; marks: readonly Mark[]; agent: string }) {
  const where = (at: number) => Math.max(0, Math.min(1, (at - from) / Math.max(1, to - from)));
  const moments = placed(marks.filter((mark) => mark.kind !== "incident"), where);
  const incidents = marks.filter((mark) => mark.kind === "incident");
  if (marks.length === 0) return null;
  return (
    <div className="relative mt-1" style={{ marginLeft: LEFT, marginRight: RIGHT }}>
      {incidents.length ? (
        <ul aria-label="Incidents in this time" className="relative h-6">
          {incidents.map((mark) => (
            <li key={mark.id} className="absolute inset-y-0" style={{ ...(where(mark.at) > 0.94 ? { right: 0 } : { left: `${where(mark.at) * 100}%` }), width: `${(where(mark.until ?? to) - where(mark.at)) * 100}%`, minWidth: 24 }}>
              <Link to="/incidents/$incidentId" params={{ incidentId: mark.id }} title={mark.label} className="flex h-5.5 items-center gap-1 overflow-hidden rounded bg-bad-soft px-1 text-2xs whitespace-nowrap text-bad">
                <Siren className="size-3 shrink-0" aria-hidden />
                <span className="truncate">{mark.label}</span>
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
      <ul aria-label="Releases and alarms in this time" className="relative h-6">
        {moments.map(({ mark, left, right }) => (
          <li key={`${mark.kind}-${mark.id}-${mark.at}`} className="absolute inset-y-0" style={right ? { right: `${(1 - left) * 100}%` } : { left: `${left * 100}%` }}>
            <MarkLink mark={mark} agent={agent} className={cx("flex h-6 items-center gap-1 rounded text-2xs whitespace-nowrap", right ? "flex-row-reverse" : "", mark.kind === "alarm" ? "font-medium text-bad" : "text-muted hover:text-text")}>
              {mark.kind === "alarm" ? <BellRing className="size-3 shrink-0" aria-hidden /> : <Tag className="size-3 shrink-0" aria-hidden />}
              <span className="max-w-24 truncate">{mark.kind === "alarm" ? "alarm" : mark.label}</span>
            </MarkLink>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** An alarm is told below the picture; a release is its runs. */
function MarkLink({ mark, agent, className, children }: { mark: Mark; agent: string; className: string; children: ReactNode }) {
  if (mark.kind === "alarm")
    return (
      <a href={`#alarm-${mark.id}`} title={`Alarm: ${mark.label}`} className={className}>
        {children}
      </a>
    );
  return (
    <Link to="/runs" search={runsOf({ from: "all" }, filterText("agent", "eq", agent), filterText("release", "eq", mark.label))} title={`Release ${mark.label} answers from here on`} className={className}>
      {children}
    </Link>
  );
}

/** At most one mark of a kind for each twelfth of the axis: the first; labels near the right end open to the left. */
function placed(marks: readonly Mark[], where: (at: number) => number): { mark: Mark; left: number; right: boolean }[] {
  const taken = new Set<number>();
  return marks
    .filter((mark) => mark.kind === "alarm")
    .concat(marks.filter((mark) => mark.kind === "release"))
    .flatMap((mark) => {
      const left = where(mark.at);
      const slot = Math.round(left * 12);
      if (taken.has(slot)) return [];
      taken.add(slot);
      return [{ mark, left, right: left > 0.88 }];
    });
}
