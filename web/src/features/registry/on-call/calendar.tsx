import { useQueries } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { cx } from "@/ui/classes";
import { FailedLine } from "@/ui/states";
import { useMinute } from "@/ui/time";
import { dayOf, dayWords, instantOf, type Day } from "@/ui/zoned";
import { shiftsQuery } from "../queries";
import type { Schedule } from "../types";
import { Agenda } from "./agenda";
import { Band } from "./band-view";
import { OnCallNow } from "./on-call-now";

interface CalendarProps {
  project: string;
  schedules: readonly Schedule[];
  days: readonly Day[];
  zone: string;
  onSwap: (schedule: string, start: number, end: number) => void;
  onOpen: (schedule: string) => void;
}

/** Whole days of several schedules, one band each: who has it when, and where nobody does. */
export function Calendar({ project, schedules, days, zone, onSwap, onOpen }: CalendarProps) {
  const now = useMinute();
  const edges = days.map((day) => instantOf(day, "00:00", zone));
  const from = edges[0] ?? 0;
  const last = days.at(-1);
  const to = last ? instantOf(new Date(Date.parse(`${last}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10), "00:00", zone) : from;
  const shifts = useQueries({ queries: schedules.map((schedule) => shiftsQuery(project, schedule.name, from, to)) });
  const today = dayOf(now, zone);
  return (
    <div className="flex flex-col">
      <div className="sticky top-0 z-10 hidden border-b border-line bg-surface md:flex" aria-hidden>
        <div className="w-56 shrink-0" />
        <div className="relative flex-1" style={{ height: 30 }}>
          {edges.map((at, index) => {
            const day = days[index] ?? "";
            const next = edges[index + 1] ?? to;
            return (
              <span
                key={day}
                className={cx("num absolute top-0 flex h-full items-center overflow-hidden border-l border-line pl-1.5 text-2xs whitespace-nowrap", day === today ? "font-semibold text-accent" : "text-muted")}
                style={{ left: `${((at - from) / (to - from)) * 100}%`, width: `${((next - at) / (to - from)) * 100}%` }}
              >
                {days.length > 10 ? Number(day.slice(8)) : dayWords(day, { weekday: "short", day: "numeric" })}
              </span>
            );
          })}
        </div>
      </div>
      {schedules.map((schedule, index) => {
        const read = shifts[index];
        return (
          <section key={schedule.name} aria-label={`Schedule ${schedule.title || schedule.name}`} className="border-b border-line md:flex">
            <OnCallNow schedule={schedule} zone={zone} onOpen={() => onOpen(schedule.name)} />
            <div className="min-w-0 flex-1">
              {read?.isError ? (
                <div className="p-3">
                  <FailedLine error={read.error} />
                </div>
              ) : read?.data ? (
                <>
                  <Band className="hidden md:block" shifts={read.data.shifts} edges={edges} from={from} to={to} now={now} zone={zone} onSwap={(start, end) => onSwap(schedule.name, start, end)} />
                  <Agenda className="md:hidden" shifts={read.data.shifts} from={from} to={to} zone={zone} onSwap={(start, end) => onSwap(schedule.name, start, end)} />
                  {read.data.gaps.length ? (
                    <ul aria-label="Gaps" className="flex flex-col gap-0.5 px-3 pb-2 text-xs text-bad">
                      {read.data.gaps.slice(0, 6).map((gap) => (
                        <li key={gap.start} className="flex items-start gap-1.5">
                          <TriangleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden /> {gap.words}
                        </li>
                      ))}
                      {read.data.gaps.length > 6 ? <li className="pl-5">and {read.data.gaps.length - 6} more</li> : null}
                    </ul>
                  ) : null}
                  {read.data.warnings.length ? (
                    <ul aria-label="Warnings" className="px-3 pb-2 text-xs text-warn">
                      {read.data.warnings.map((warning) => (
                        <li key={warning}>{warning}</li>
                      ))}
                    </ul>
                  ) : null}
                </>
              ) : (
                <div role="status" aria-label="Loading" className="skeleton m-3 h-8" />
              )}
            </div>
          </section>
        );
      })}
    </div>
  );
}
