import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Flame } from "lucide-react";
import { useState } from "react";
import { useProject } from "@/client/project";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { plural } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { LiveDrills } from "./live-drills";
import { Survived, VerdictBar } from "./look";
import { NewDrill } from "./new-drill";
import { drillReportQuery, drillsQuery, type Drill } from "./queries";

const COLUMNS = [{ label: "Drill" }, { label: "State" }, { label: "What became of the runs" }, { label: "Survived", right: true }, { label: "Begun", right: true }];
const COMMAND = `roadworthy drill support --cases tasks.csv --command 'python my_agent.py'`;

/** What happens to agents when the world misbehaves, measured before it does. */
export function Drills() {
  const project = useProject();
  const drills = useQuery(drillsQuery(project));
  const [open, setOpen] = useState(false);
  return (
    <div className="flex flex-col gap-8">
      <Section title="Drills" about="An agent's own tasks, made again with faults in the calls to its models and tools: did it recover, say so, or answer wrong without a word?" aside={<Button onClick={() => setOpen(true)}>New drill</Button>}>
        <Card>
          {drills.isError ? (
            <Failed what="Drills" error={drills.error} retry={() => void drills.refetch()} />
          ) : drills.isPending ? (
            <SkeletonRows rows={3} height={48} />
          ) : drills.data.items.length === 0 ? (
            <Empty icon={<Flame />} title="No agent was drilled yet">
              <p>A drill starts your agent with a task, breaks one of its calls, and looks at what it answers. It needs a file of tasks, or runs that were recorded.</p>
              <div className="mt-5 text-left">
                <CodeBlock title="On the machine the agent runs on" code={COMMAND} wrap />
              </div>
            </Empty>
          ) : (
            <Table caption="Drills" columns={COLUMNS}>
              {drills.data.items.map((drill) => (
                <Row key={drill.id} project={project} drill={drill} />
              ))}
            </Table>
          )}
        </Card>
      </Section>
      <LiveDrills project={project} />
      {open ? <NewDrill project={project} onClose={() => setOpen(false)} /> : null}
    </div>
  );
}

function Row({ project, drill }: { project: string; drill: Drill }) {
  const report = useQuery(drillReportQuery(project, drill.id));
  const share = report.data?.share;
  return (
    <tr>
      <td>
        <Link to="/gateway/drills/$drillId" params={{ drillId: drill.id }} className="link font-medium">
          {drill.name ?? drill.agent}
        </Link>
        <span className="block text-2xs text-muted">
          {drill.name ? `${drill.agent} · ` : ""}
          {plural(drill.cases, "task")}, {plural(drill.faults.length, "fault")}
          {drill.pairs ? ", also in pairs" : ""}
        </span>
      </td>
      <td>
        <DrillState drill={drill} />
      </td>
      <td className="w-2/5 min-w-40">{share ? <VerdictBar share={share} /> : <span className="skeleton block h-2.5" />}</td>
      <td className="text-right">{share ? <Survived share={share} /> : null}</td>
      <td className="text-right text-muted">
        <Ago at={drill.created_at} />
      </td>
    </tr>
  );
}

export function DrillState({ drill }: { drill: Drill }) {
  const { done, planned } = drill.progress;
  if (drill.state === "running")
    return (
      <span className="flex items-center gap-2 text-xs">
        <progress className="h-1.5 w-16 accent-(--accent)" max={Math.max(planned, 1)} value={done} aria-label={`${done} of ${planned} runs`} />
        <span className="num text-2xs text-muted">
          {done}/{planned}
        </span>
      </span>
    );
  return <Badge tone={drill.state === "done" ? "ok" : "warn"}>{drill.state}</Badge>;
}
