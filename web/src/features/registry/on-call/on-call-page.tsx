import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CalendarClock, ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useProject } from "@/client/project";
import { Button, IconButton } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { Select } from "@/ui/form";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { useMinute } from "@/ui/time";
import { addDays, browserZone, dayOf, daysBetween, dayWords, firstOfMonth, mondayOf } from "@/ui/zoned";
import { Agents } from "../agents/agents";
import { People } from "../people/people";
import { Teams } from "../people/teams";
import { Policies } from "../policies/policies";
import { schedulesQuery } from "../queries";
import type { Schedule } from "../types";
import { Calendar } from "./calendar";
import { OverrideDialog } from "./override-dialog";
import { ScheduleEditor } from "./schedule-editor";

const route = getRouteApi("/shell/on-call");

const TABS = [
  { id: "calendar", label: "Calendar" },
  { id: "policies", label: "Escalation policies" },
  { id: "teams", label: "Teams" },
  { id: "people", label: "People" },
  { id: "agents", label: "Agents and owners" },
] as const;

/** Who answers for what, and when. */
export function OnCallPage() {
  const project = useProject();
  const { tab = "calendar", open } = route.useSearch();
  const navigate = route.useNavigate();
  const onOpen = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, open: id }), replace: true, resetScroll: false });
  return (
    <Page title="On-call" bar={<Tabs tabs={TABS} value={tab} label="What to look at" onChange={(id) => void navigate({ search: { tab: id === "calendar" ? undefined : id }, replace: true })} />}>
      <div role="tabpanel" aria-labelledby={`tab-${tab}`} className="h-full overflow-y-auto">
        {tab === "calendar" ? (
          <CalendarTab project={project} open={open} onOpen={onOpen} />
        ) : (
          <div className="mx-auto max-w-6xl p-4 md:p-6">
            {tab === "policies" ? <Policies project={project} open={open} onOpen={onOpen} /> : tab === "teams" ? <Teams project={project} open={open} onOpen={onOpen} /> : tab === "people" ? <People project={project} open={open} onOpen={onOpen} /> : <Agents project={project} open={open} onOpen={onOpen} />}
          </div>
        )}
      </div>
    </Page>
  );
}

interface TabProps {
  project: string;
  open: string | undefined;
  onOpen: (id: string | undefined) => void;
}

function CalendarTab({ project, open, onOpen }: TabProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const schedules = useQuery(schedulesQuery(project));
  const minute = useMinute();
  const [swap, setSwap] = useState<{ schedule: Schedule; start: number; end: number }>();
  const items = schedules.data?.items ?? [];
  const mine = browserZone();
  const zone = search.zone ?? mine;
  const month = search.view === "month";
  const at = search.at ?? dayOf(minute, zone);
  const first = month ? firstOfMonth(at) : mondayOf(at);
  const end = month ? firstOfMonth(addDays(first, 32)) : addDays(first, 7);
  const days = daysBetween(first, end);
  const change = (next: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const go = (by: -1 | 1) => change({ at: by === 1 ? end : month ? firstOfMonth(addDays(first, -1)) : addDays(first, -7) });
  useShortcuts({ "[": () => go(-1), "]": () => go(1), t: () => change({ at: undefined }) }, open === undefined);
  if (schedules.isError) return <Failed what="Schedules" error={schedules.error} retry={() => void schedules.refetch()} />;
  if (schedules.isPending) return <SkeletonRows rows={4} height={68} />;
  const edited = items.find((each) => each.name === open);
  if (open === "new" || edited) return <ScheduleEditor key={edited?.name} project={project} edited={edited} onClose={() => onOpen(undefined)} />;
  if (items.length === 0) return <NoSchedule onNew={() => onOpen("new")} />;
  const zones = [...new Set([zone, mine, ...items.map((each) => each.time_zone), "UTC"])];
  return (
    <div className="bg-surface">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 md:px-5">
        <span className="flex items-center">
          <IconButton label="Earlier" keys="[" onClick={() => go(-1)}>
            <ChevronLeft />
          </IconButton>
          <IconButton label="Later" keys="]" onClick={() => go(1)}>
            <ChevronRight />
          </IconButton>
        </span>
        <Button onClick={() => change({ at: undefined })}>Today</Button>
        <h2 className="num text-sm font-semibold">{month ? dayWords(first, { month: "long", year: "numeric" }) : `${dayWords(first, { day: "numeric", month: "short" })} – ${dayWords(addDays(end, -1), { day: "numeric", month: "short", year: "numeric" })}`}</h2>
        <span className="ml-auto flex flex-wrap items-center gap-2">
          <Select label="Time zone" value={zone} choices={zones.map((each) => ({ value: each, label: each === mine ? `${each} (yours)` : each }))} onChange={(value) => change({ zone: value === mine ? undefined : value })} />
          <Select label="Length of time" value={month ? "month" : "week"} choices={[{ value: "week", label: "Week" }, { value: "month", label: "Month" }]} onChange={(value) => change({ view: value === "month" ? "month" : undefined })} />
          <Button onClick={() => onOpen("new")}>New schedule</Button>
        </span>
      </div>
      <Calendar
        project={project}
        schedules={items}
        days={days}
        zone={zone}
        onOpen={onOpen}
        onSwap={(name, start, until) => {
          const schedule = items.find((each) => each.name === name);
          if (schedule) setSwap({ schedule, start, end: until });
        }}
      />
      <p className="px-4 py-3 text-xs text-muted md:px-5">
        Click a shift to hand it to somebody else. Times are shown in {zone}. Each schedule as a calendar file:{" "}
        {items.map((each, index) => (
          <span key={each.name}>
            {index ? ", " : ""}
            <a className="link" href={`/api/v1/schedules/${encodeURIComponent(each.name)}/calendar.ics?project=${encodeURIComponent(project)}`}>
              {each.name}.ics
            </a>
          </span>
        ))}
      </p>
      {swap ? <OverrideDialog project={project} schedule={swap.schedule} start={swap.start} end={swap.end} zone={zone} onClose={() => setSwap(undefined)} /> : null}
    </div>
  );
}

function NoSchedule({ onNew }: { onNew: () => void }) {
  return (
    <Empty icon={<CalendarClock />} title="Nobody is on call yet">
      <p>Enter the people first, then a rotation of them. Alarms of agents without on-call go to the default channels only.</p>
      <div className="mt-4 flex justify-center gap-2">
        <Button look="primary" onClick={onNew}>
          New schedule
        </Button>
      </div>
      <div className="mt-5 text-left">
        <CodeBlock title="Or from what you have: Backstage, CODEOWNERS, CSV" code="roadworthy registry import catalog-info.yaml --dry-run" />
      </div>
    </Empty>
  );
}
