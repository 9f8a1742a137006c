import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, GripVertical, Inbox } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import { JobList, underWay } from "@/features/settings/job-progress";
import { jobsQuery } from "@/features/settings/queries";
import { Card, Section, Table } from "@/features/settings/section";
import { OutcomeBadge } from "@/ui/badges";
import { Button, IconButton } from "@/ui/button";
import { CopyId } from "@/ui/copy";
import { Input, Labelled } from "@/ui/form";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { eventsQuery, judgingQuery } from "../queries";
import type { Judging } from "../types";
import { sourceWords } from "../verdict/outcome-line";
import { moved } from "./moved";

/** Whose word on an outcome counts first, and business events that found no run. */
export function Outcomes() {
  const project = useProject();
  const judging = useQuery(judgingQuery(project));
  return (
    <Section title="Outcomes" about="Several may say whether a run succeeded. All of it is kept; the first in this order is what counts.">
      {judging.isError ? (
        <Failed what="How outcomes are resolved" error={judging.error} retry={() => void judging.refetch()} />
      ) : judging.isPending ? (
        <SkeletonRows rows={6} />
      ) : (
        <Precedence key={JSON.stringify(judging.data)} project={project} judging={judging.data} />
      )}
      <Again project={project} />
      <Unmatched project={project} />
    </Section>
  );
}

function Precedence({ project, judging }: { project: string; judging: Judging }) {
  const client = useQueryClient();
  const [order, setOrder] = useState<readonly string[]>(judging.precedence);
  const [attribute, setAttribute] = useState(judging.external_id_attribute);
  const save = useMutation({
    mutationFn: () => dataOf(api.PUT("/api/v1/judging", { params: { query: { project } }, body: { precedence: [...order], external_id_attribute: attribute.trim() } })),
    onSuccess: async (saved) => {
      notify("Saved", saved.job ? "Stored runs are judged again by it." : "For runs judged from now on.");
      await Promise.all([judgingQuery(project).queryKey, jobsQuery(project).queryKey].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const move = (index: number, by: number) => {
    setOrder(moved(order, index, by));
    requestAnimationFrame(() => document.getElementById(`source-${index + by}`)?.focus());
  };
  const onKey = (event: KeyboardEvent, index: number) => {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (!by || !event.altKey) return;
    event.preventDefault();
    move(index, by);
  };
  const same = order.join() === judging.precedence.join() && attribute === judging.external_id_attribute;
  return (
    <Card className="p-4">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div>
          <h3 className="text-sm font-semibold">Order of precedence</h3>
          <p className="text-xs text-muted">Move the chosen one with Alt and the arrow keys, or with its buttons. Among words of one source the last counts.</p>
          <ol aria-label="Order of precedence" className="mt-2 max-w-md">
            {order.map((source, index) => (
              <li
                key={source}
                id={`source-${index}`}
                tabIndex={0}
                onKeyDown={(event) => onKey(event, index)}
                aria-label={`${index + 1}: ${sourceWords(source)}`}
                className="flex h-9 items-center gap-2 border-b border-line px-1 text-xs outline-offset-[-2px]"
              >
                <GripVertical className="size-3.5 text-faint" aria-hidden />
                <span className="num w-5 text-right text-muted">{index + 1}</span>
                <span className="font-medium">{sourceWords(source)}</span>
                <code className="font-mono text-2xs text-muted">{source}</code>
                <span className="ml-auto flex">
                  <IconButton size="sm" label={`Move ${source} up`} disabled={index === 0} onClick={() => move(index, -1)}>
                    <ArrowUp />
                  </IconButton>
                  <IconButton size="sm" label={`Move ${source} down`} disabled={index === order.length - 1} onClick={() => move(index, 1)}>
                    <ArrowDown />
                  </IconButton>
                </span>
              </li>
            ))}
          </ol>
        </div>
        <Labelled label="Attribute that holds the external id" hint="Business events may name a run by it: an order number, a ticket." className="max-w-md">
          {(id) => <Input id={id} value={attribute} maxLength={200} className="font-mono" onChange={(event) => setAttribute(event.target.value)} />}
        </Labelled>
        <FailedLine error={save.error} />
        <Button type="submit" look="primary" className="self-start" disabled={same || !attribute.trim() || save.isPending}>
          Save
        </Button>
      </form>
    </Card>
  );
}

/** Stored runs that are being judged again, by the order that was saved among others. */
function Again({ project }: { project: string }) {
  const jobs = useQuery(jobsQuery(project));
  const shown = (jobs.data?.items ?? []).filter((job) => job.kind === "rejudge" && underWay(job));
  if (shown.length === 0) return null;
  return (
    <Card className="p-4">
      <h3 className="mb-2 text-sm font-semibold">Stored runs are judged again</h3>
      <JobList project={project} jobs={shown} />
    </Card>
  );
}

function Unmatched({ project }: { project: string }) {
  const events = useInfiniteQuery(eventsQuery(project, "unmatched"));
  const items = events.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card>
      <div className="px-4 pt-4">
        <h3 className="text-sm font-semibold">Business events that found no run</h3>
        <p className="text-xs text-muted">An event waits 30 days for its run. What is listed here waited in vain: look whether it names the right id.</p>
      </div>
      {events.isError ? (
        <Failed what="Business events" error={events.error} retry={() => void events.refetch()} />
      ) : events.isPending ? (
        <SkeletonRows rows={3} />
      ) : items.length === 0 ? (
        <Empty icon={<Inbox />} title="Every event found its run, or still waits for it" className="py-10">
          <code className="font-mono text-xs">POST /api/v1/outcome-events</code> takes them.
        </Empty>
      ) : (
        <Table caption="Business events that found no run" columns={[{ label: "Said" }, { label: "Reason" }, { label: "Names" }, { label: "By" }, { label: "Received", right: true }]}>
          {items.map((event) => (
            <tr key={event.id}>
              <td>
                <OutcomeBadge outcome={event.outcome} />
              </td>
              <td className="max-w-64 truncate" title={event.reason ?? undefined}>{event.reason ?? <span className="text-faint">none</span>}</td>
              <td>
                {event.session_id ? (
                  <Link to="/sessions/$sessionId" params={{ sessionId: event.session_id }} className="link">
                    session {event.session_id}
                  </Link>
                ) : (
                  <span className="flex items-center gap-1">
                    {event.run_id ? "run" : "external id"} <CopyId id={event.run_id ?? event.external_id ?? ""} />
                  </span>
                )}
              </td>
              <td>{event.author ?? event.source}</td>
              <td className="text-right">
                <Ago at={event.received_at} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {events.hasNextPage ? (
        <p className="border-t border-line p-3 text-center">
          <Button disabled={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
            Older ones
          </Button>
        </p>
      ) : null}
    </Card>
  );
}
