import { AgentInputs } from "../inputs/agent-inputs";
import { AgentMonitors } from "./agent-monitors";
import { AgentObjectives } from "./agent-objectives";
import { AgentIncidents, OnCallNow } from "./agent-people";
import { TrueRate } from "./true-rate";

/** What watches an agent and who answers for it: a part of its page. */
export function AgentWatch({ project, agent }: { project: string; agent: string }) {
  return (
    <>
      <div className="grid gap-4 lg:grid-cols-2">
        <AgentIncidents project={project} agent={agent} />
        <OnCallNow project={project} agent={agent} />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <AgentMonitors project={project} agent={agent} />
        <div className="flex min-w-0 flex-col gap-4">
          <AgentObjectives project={project} agent={agent} />
          <TrueRate project={project} agent={agent} />
        </div>
      </div>
      <AgentInputs project={project} agent={agent} />
    </>
  );
}
