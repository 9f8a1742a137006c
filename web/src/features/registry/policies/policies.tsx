import { useQuery } from "@tanstack/react-query";
import { BellRing, Plus } from "lucide-react";
import { Card, Section } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { plural } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { policiesQuery } from "../queries";
import { seconds } from "../words";
import { PolicyEditor } from "./policy-editor";
import { targetWords } from "./targets";

interface TabProps {
  project: string;
  open: string | undefined;
  onOpen: (id: string | undefined) => void;
}

/** Who is told first, and who next when nobody answers. */
export function Policies({ project, open, onOpen }: TabProps) {
  const policies = useQuery(policiesQuery(project));
  const edited = policies.data?.items.find((each) => each.name === open);
  if (policies.data && (open === "new" || edited)) return <PolicyEditor key={edited?.name} project={project} edited={edited} first={policies.data.items.length === 0} onClose={() => onOpen(undefined)} />;
  return (
    <Section
      title="Escalation policies"
      about="Who is told first about an agent, and who next when nobody acknowledges in time."
      aside={
        <Button look="primary" onClick={() => onOpen("new")}>
          <Plus className="size-3.5" aria-hidden /> New policy
        </Button>
      }
    >
      {policies.isError ? (
        <Failed what="Escalation policies" error={policies.error} retry={() => void policies.refetch()} />
      ) : policies.isPending ? (
        <SkeletonRows rows={3} height={72} />
      ) : policies.data.items.length === 0 ? (
        <Card>
          <Empty icon={<BellRing />} title="No policy yet">
            <p>One usually does: first the agent’s own schedule, after 15 minutes its owner, then the team.</p>
            <Button look="primary" className="mt-4" onClick={() => onOpen("new")}>
              Make it
            </Button>
          </Empty>
        </Card>
      ) : (
        policies.data.items.map((policy) => (
          <Card key={policy.name} className="p-4">
            <div className="flex flex-wrap items-center gap-2">
              <h3 className="text-sm font-semibold">{policy.title || policy.name}</h3>
              {policy.default ? <Badge tone="accent">default of the project</Badge> : null}
              <span className="text-xs text-muted">{policy.used_in.length ? `of ${plural(policy.used_in.length, "agent")}: ${policy.used_in.slice(0, 5).join(", ")}` : "named by no agent"}</span>
              <Button className="ml-auto" onClick={() => onOpen(policy.name)} aria-label={`Edit ${policy.name}`}>
                Edit
              </Button>
            </div>
            <ol className="mt-2 flex flex-col gap-1 text-xs">
              {policy.levels.map((level, index) => (
                <li key={index} className="flex flex-wrap items-baseline gap-x-2">
                  <span className="num text-muted">{index + 1}.</span>
                  <span>{level.targets.map(targetWords).join(" and ")}</span>
                  <span className="text-muted">
                    {index < policy.levels.length - 1 || policy.repeat > 0 ? `then, without an answer in ${seconds(level.timeout_seconds)}, the next` : "is the last"}
                  </span>
                </li>
              ))}
              {policy.repeat ? <li className="text-muted">All of it {plural(policy.repeat, "more time")}.</li> : null}
            </ol>
          </Card>
        ))
      )}
    </Section>
  );
}
