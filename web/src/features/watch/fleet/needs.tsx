import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, CircleCheck, UserX } from "lucide-react";
import { registryQuery, schedulesQuery } from "@/features/registry/queries";
import { plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { SeverityMark, StateMark } from "../incidents/look";
import { inOrder, unheeded } from "../incidents/order";
import { standingQuery } from "../incidents/queries";

const MOST = 4;

/** What needs a person this minute: incidents nobody has, and holes in who would be told. */
export function NeedsPerson({ project }: { project: string }) {
  const standing = useQuery(standingQuery(project));
  const registry = useQuery(registryQuery(project));
  const schedules = useQuery(schedulesQuery(project));
  const error = standing.error ?? registry.error ?? schedules.error;
  if (error) return <div className="rounded-xl border border-line bg-surface px-4 py-3"><FailedLine error={error} /></div>;
  if (!standing.data || !registry.data || !schedules.data) return <div role="status" aria-label="Loading" className="skeleton h-10 rounded-xl" />;
  const waiting = inOrder(standing.data.items.filter(unheeded));
  const had = standing.data.items.length - waiting.length;
  const unowned = registry.data.items.filter((each) => each.seen && (each.lacks as readonly string[]).includes("owner"));
  const gaps = schedules.data.items.filter((each) => each.used_in.length > 0 && !each.now.person);
  const calm = waiting.length === 0 && gaps.length === 0;
  return (
    <section aria-label="What needs a person now" className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <h2 className="border-b border-line px-4 py-2 text-xs font-medium text-muted">Needs a person now</h2>
      <ul className="divide-y divide-line text-xs">
        {waiting.slice(0, MOST).map((incident) => (
          <li key={incident.id} className="relative flex min-h-10 flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2 hover:bg-hover">
            <SeverityMark severity={incident.severity} />
            <Link to="/incidents/$incidentId" params={{ incidentId: incident.id }} className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0 max-md:w-full max-md:flex-none max-md:whitespace-normal">
              {incident.title}
            </Link>
            <StateMark state={incident.state} />
            <Ago at={incident.opened_at} className="text-muted" />
            <ChevronRight className="size-3.5 text-faint max-md:hidden" aria-hidden />
          </li>
        ))}
        {waiting.length > MOST ? (
          <li className="px-4 py-2">
            <Link to="/incidents" className="link">
              and {waiting.length - MOST} more that nobody looks after
            </Link>
          </li>
        ) : null}
        {gaps.map((each) => (
          <li key={each.name} className="flex min-h-9 items-center gap-2 px-4 py-1.5 text-bad">
            <UserX className="size-4 shrink-0" aria-hidden />
            <span>
              Nobody is on call in{" "}
              <Link to="/on-call" className="link">
                {each.title || each.name}
              </Link>{" "}
              now, until <Ago at={each.now.end} />.
            </span>
          </li>
        ))}
        {calm || had > 0 || unowned.length > 0 ? (
          <li className="num flex min-h-9 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-1.5 text-muted">
            {calm ? (
              <span className="flex items-center gap-1.5">
                <CircleCheck className="size-4 text-ok" aria-hidden /> No incident waits for a person
              </span>
            ) : null}
            {had > 0 ? (
              <Link to="/incidents" className="hover:link">
                {plural(had, "incident")} looked after
              </Link>
            ) : null}
            {unowned.length > 0 ? (
              <Link to="/on-call" search={{ tab: "agents" }} className="flex items-center gap-1.5 text-warn hover:link">
                <UserX className="size-3.5" aria-hidden /> {plural(unowned.length, "agent")} nobody owns
              </Link>
            ) : null}
          </li>
        ) : null}
      </ul>
    </section>
  );
}
