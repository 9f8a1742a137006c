import { useQuery } from "@tanstack/react-query";
import { about } from "@/client/live";
import { useProject } from "@/client/project";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { unheeded } from "./order";
import { standingQuery } from "./queries";

/** Beside the menu entry, on every page: how many nobody looks after; else nothing. */
export function StandingIncidents() {
  const project = useProject();
  const { data } = useQuery(standingQuery(project));
  useLiveRefresh([standingQuery(project).queryKey], { everyMs: 2000, when: about("incidents") });
  const waiting = (data?.items ?? []).filter(unheeded).length;
  return waiting ? (
    <span className="num ml-auto rounded bg-bad-soft px-1.5 text-2xs font-semibold text-bad group-hover:hidden" title={`${waiting} nobody looks after`}>
      {waiting}
    </span>
  ) : null;
}
