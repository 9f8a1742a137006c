import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Card, Section } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { CodeBlock } from "@/ui/copy";
import { Input } from "@/ui/form";
import { count, plural } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { registryQuery } from "../queries";
import type { RegisteredAgent } from "../types";
import { lackWords, LACKS } from "../words";
import { OwnershipDialog } from "./ownership-dialog";
import { TestPage } from "./test-page";

interface TabProps {
  project: string;
  open: string | undefined;
  onOpen: (id: string | undefined) => void;
}

/** Every agent, registered or only seen, with who answers for it and what is missing. */
export function Agents({ project, open, onOpen }: TabProps) {
  const [trials, setTrials] = useState(false);
  const agents = useQuery(registryQuery(project, trials));
  const [find, setFind] = useState("");
  const [lack, setLack] = useState<string>();
  const items = agents.data?.items ?? [];
  const shown = items.filter((each) => each.name.toLowerCase().includes(find.toLowerCase()) && (!lack || (each.lacks as readonly string[]).includes(lack)));
  const edited = items.find((each) => each.name === open);
  return (
    <Section title="Agents and owners" about="Who answers for each agent, who would be told about it this minute, and what is missing. Agents that only appeared in traffic are here too.">
      {agents.isError ? (
        <Failed what="The register" error={agents.error} retry={() => void agents.refetch()} />
      ) : agents.isPending ? (
        <SkeletonRows rows={6} height={64} />
      ) : items.length === 0 ? (
        <Card>
          <Empty icon={<Bot />} title="No agent is known yet">
            <p>Agents appear by themselves with their first run, or are entered from files you have:</p>
            <div className="mt-4 text-left">
              <CodeBlock title="Backstage, CODEOWNERS or CSV" code="roadworthy registry import catalog-info.yaml" />
            </div>
          </Empty>
        </Card>
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-1.5">
            <Input data-search aria-label="Find an agent" placeholder="Find an agent" className="max-w-56" value={find} onChange={(event) => setFind(event.target.value)} />
            {Object.keys(LACKS)
              .filter((each) => agents.data.lacking[each])
              .map((each) => (
                <Pill key={each} pressed={lack === each} title={LACKS[each]?.[1]} onClick={() => setLack(lack === each ? undefined : each)}>
                  {lackWords(each)} <b className="num">{count(agents.data.lacking[each])}</b>
                </Pill>
              ))}
            {agents.data.trials ? (
              <Pill pressed={trials} title="Agents that are but the runs of drills and reruns; they need no owner" onClick={() => setTrials(!trials)}>
                drills and reruns <b className="num">{count(agents.data.trials)}</b>
              </Pill>
            ) : null}
          </div>
          <Card>
            <ul aria-label="Agents and owners">
              {shown.map((agent) => (
                <Row key={agent.name} project={project} agent={agent} onEdit={() => onOpen(agent.name)} />
              ))}
              {shown.length === 0 ? <li className="px-4 py-6 text-center text-xs text-muted">No agent matches.</li> : null}
            </ul>
          </Card>
        </>
      )}
      {edited ? <OwnershipDialog key={edited.name} project={project} agent={edited} onClose={() => onOpen(undefined)} /> : null}
    </Section>
  );
}

function Pill({ pressed, title, onClick, children }: { pressed: boolean; title: string | undefined; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      title={title}
      onClick={onClick}
      className={cx("h-7 rounded-md border px-2 text-2xs", pressed ? "border-accent bg-accent-soft font-medium text-accent" : "border-line-strong text-muted hover:bg-hover")}
    >
      {children}
    </button>
  );
}

/** The people of the first level that has any: who hears of it first. */
export function firstTold(agent: RegisteredAgent): string {
  const level = agent.on_call.levels[0];
  return level?.responders.map((each) => each.person ?? "a channel").join(", ") ?? "";
}

interface RowProps {
  project: string;
  agent: RegisteredAgent;
  onEdit: () => void;
}

function Row({ project, agent, onEdit }: RowProps) {
  // Whoever is not registered lacks at least that: but for what only drills and reruns are.
  const trial = !agent.registered && agent.lacks.length === 0;
  return (
    <li className="grid gap-x-4 gap-y-1.5 border-t border-line px-4 py-2.5 text-xs first:border-t-0 md:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)_minmax(0,1.4fr)_auto] md:items-center">
      <span className="min-w-0">
        <Link to="/agents/$agent" params={{ agent: agent.name }} className="block truncate font-medium hover:link">
          {agent.name}
        </Link>
        <span className="num block truncate text-2xs text-muted">
          {agent.stage}
          {agent.tier ? ` · tier ${agent.tier}` : ""} · {agent.seen ? <>{plural(agent.seen.runs, "run")}, last <Ago at={agent.seen.last_started_at} /></> : "no run lately"}
        </span>
      </span>
      {trial ? <span className="text-muted md:col-span-3">of drills and reruns; needs no owner</span> : <Owned project={project} agent={agent} onEdit={onEdit} />}
    </li>
  );
}

/** Who answers for it, what is missing, and what can be done about it. */
function Owned({ project, agent, onEdit }: RowProps) {
  const told = firstTold(agent);
  return (
    <>
      <span className="min-w-0">
        <span className="block truncate">{[agent.team, agent.owner].filter(Boolean).join(", ") || <span className="text-bad">nobody owns it</span>}</span>
        <span className="block text-2xs text-muted md:truncate" title={agent.on_call.gap ?? undefined}>
          {told ? `on call: ${told}` : <span className="text-bad">nobody on call{agent.on_call.gap ? `: ${agent.on_call.gap}` : ""}</span>}
        </span>
      </span>
      <span className="flex flex-wrap gap-1">
        {agent.lacks.length === 0 ? <Badge tone="ok">nothing is missing</Badge> : agent.lacks.map((each) => <Badge key={each} tone={["registration", "owner", "on_call"].includes(each) ? "bad" : "warn"} title={LACKS[each]?.[1]}>{lackWords(each)}</Badge>)}
        {agent.proof ? (
          <span className="w-full text-2xs text-muted">
            on-call answered a test page <Ago at={agent.proof.acknowledged_at} />
            {agent.proof.by ? ` (${agent.proof.by})` : ""}
          </span>
        ) : null}
      </span>
      <span className="flex gap-1.5">
        <TestPage project={project} agent={agent} />
        <Button onClick={onEdit} aria-label={`${agent.registered ? "Edit" : "Register"} ${agent.name}`}>
          {agent.registered ? "Edit" : "Register"}
        </Button>
      </span>
    </>
  );
}
