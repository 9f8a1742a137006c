import { UserX } from "lucide-react";
import { dayOf, dayWords, timeOf } from "@/ui/zoned";
import type { Schedule } from "../types";
import { personColour } from "./person-look";

/** The head of a band: whose schedule it is, and who has it at this moment. */
export function OnCallNow({ schedule, zone, onOpen }: { schedule: Schedule; zone: string; onOpen: () => void }) {
  const { now, next } = schedule;
  const until = Date.parse(now.end);
  return (
    <div className="w-56 shrink-0 px-4 py-2 max-md:w-full">
      <button type="button" onClick={onOpen} className="block max-w-full truncate rounded text-left text-xs font-semibold hover:link" title={`Edit ${schedule.name}`}>
        {schedule.title || schedule.name}
      </button>
      <p className="mt-0.5 flex items-center gap-1.5 text-xs">
        {now.person ? (
          <>
            <i className="size-2 shrink-0 rounded-full" style={{ background: personColour(now.person) }} aria-hidden />
            <span className="truncate">{now.person} now</span>
          </>
        ) : (
          <span className="flex items-center gap-1 font-medium text-bad">
            <UserX className="size-3.5" aria-hidden /> nobody now
          </span>
        )}
      </p>
      <p className="num truncate text-2xs text-muted" title={`The schedule is written in ${schedule.time_zone}`}>
        until {dayWords(dayOf(until, zone), { weekday: "short" })} {timeOf(until, zone)}
        {next?.person ? `, then ${next.person}` : ""} · {schedule.time_zone}
      </p>
    </div>
  );
}
