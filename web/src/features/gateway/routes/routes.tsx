import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ArrowRight, FlaskConical, Plus, Waypoints } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card, Section } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { duration, lengthOfTime } from "@/ui/format";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { providersQuery, routesQuery, type ModelRoute, type RouteTarget, type RouteTest } from "../queries";
import { Providers } from "./providers";
import { RouteDialog } from "./route-dialog";

const here = getRouteApi("/shell/gateway");

/** Names that agents ask for, and the pinned models that answer to them. */
export function Routes({ project }: { project: string }) {
  const { open } = here.useSearch();
  const navigate = here.useNavigate();
  const routes = useQuery(routesQuery(project));
  const providers = useQuery(providersQuery(project));
  const onOpen = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, open: id }), replace: true, resetScroll: false });
  const items = routes.data?.items ?? [];
  const edited = items.find((each) => each.id === open);
  const without = providers.data?.items.length === 0;
  return (
    <div className="flex flex-col gap-8">
      <Section
        title="Routes"
        about="A name that agents send as the model, and who answers to it: a pinned model, and others in turn where it fails. The most specific holds: that of the agent’s release, of the agent, of everybody."
        aside={
          <Button look="primary" disabled={without} onClick={() => onOpen("new")}>
            <Plus className="size-3.5" aria-hidden /> New route
          </Button>
        }
      >
        <Card>
          {routes.isError ? (
            <Failed what="Routes" error={routes.error} retry={() => void routes.refetch()} />
          ) : routes.isPending ? (
            <SkeletonRows rows={3} height={52} />
          ) : items.length === 0 ? (
            <Empty icon={<Waypoints />} title="No route yet">
              <p>{without ? "Add a provider below first: who serves the models, and with which key." : "Name one, and say which model answers."}</p>
              <div className="mt-5 text-left">
                <CodeBlock title="Or at the command line" code="roadworthy routes add planner --to openai/gpt-5" wrap />
              </div>
            </Empty>
          ) : (
            <ul aria-label="Routes">
              {items.map((each) => (
                <Row key={each.id} project={project} route={each} onEdit={() => onOpen(each.id)} />
              ))}
            </ul>
          )}
        </Card>
      </Section>
      <Providers project={project} />
      {open === "new" || edited ? <RouteDialog key={edited?.id} project={project} edited={edited} providers={providers.data?.items ?? []} routes={items} onClose={() => onOpen(undefined)} /> : null}
    </div>
  );
}

export const targetWords = (target: RouteTarget): string => (target.route ? `route ${target.route}` : `${target.provider}/${target.model || "the model that was named"}`);

function Row({ project, route, onEdit }: { project: string; route: ModelRoute; onEdit: () => void }) {
  const [tried, setTried] = useState<RouteTest>();
  const test = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/gateway/routes/{route_id}/test", { params: { path: { route_id: route.id }, query: { project } }, body: { model: "", dialect: null } })),
    onSuccess: setTried,
  });
  const extras = [
    route.cache_s ? `same answer for ${lengthOfTime(route.cache_s)}` : "",
    route.hedge ? `hedged after ${/^\d+$/.test(route.hedge) ? `${route.hedge} ms` : route.hedge}` : "",
    route.models.length ? `also answers to ${route.models.join(", ")}` : "",
    route.note,
  ].filter(Boolean);
  return (
    <li className="border-t border-line px-4 py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-sm font-medium">{route.name}</span>
        {route.agent ? <Badge title="Holds for this agent alone">{[route.agent, route.release].filter(Boolean).join(" ")}</Badge> : null}
        {route.enabled ? null : <Badge tone="warn">switched off</Badge>}
        <ol aria-label={`Targets of ${route.name}`} className="flex min-w-0 flex-1 flex-wrap items-center gap-1.5 font-mono text-2xs">
          {route.targets.map((target, index) => (
            <li key={index} className="flex items-center gap-1.5">
              {index ? <ArrowRight className="size-3 text-faint" aria-label="then" /> : null}
              <span className="rounded bg-hover px-1.5 py-0.5" title={Object.keys(target.parameters ?? {}).length ? `with ${JSON.stringify(target.parameters)}` : undefined}>
                {targetWords(target)}
              </span>
            </li>
          ))}
        </ol>
        <Button disabled={test.isPending} onClick={() => test.mutate()} aria-label={`Test ${route.name}`}>
          <FlaskConical className="size-3.5 text-muted" aria-hidden /> {test.isPending ? "Asking …" : "Test"}
        </Button>
        <Button onClick={onEdit} aria-label={`Edit ${route.name}`}>
          Edit
        </Button>
      </div>
      {extras.length ? <p className="mt-1 text-2xs text-muted">{extras.join(" · ")}</p> : null}
      <FailedLine error={test.error} />
      {tried ? (
        <ul aria-label={`Test of ${route.name}`} className="mt-2 flex flex-col gap-1">
          {tried.targets.map((each) => (
            <li key={each.upstream} className={`text-xs ${each.ok ? "text-ok" : "text-bad"}`}>
              <span className="font-mono text-2xs">{each.upstream}</span> {each.ok ? "answered" : "failed"}
              {each.status === null ? "" : ` (${each.status})`} in {duration(each.elapsed_ms)}
              {each.answered ? ` as ${each.answered}` : ""} <span className="text-muted">{each.said}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}
