import type { RegisteredAgent } from "@/features/registry/types";
import { unheeded } from "../incidents/order";
import type { Incident } from "../incidents/types";

export interface AgentState {
  registered: RegisteredAgent | undefined;
  /** Incidents of it that are not over. */
  standing: number;
  /** Of these, those nobody looks after. */
  waiting: number;
}

export type Ownership = ReadonlyMap<string, AgentState>;

/** Who answers for each agent and how many incidents stand. Pure, so that it can be tested. */
export function ownershipOf(agents: readonly RegisteredAgent[], incidents: readonly Pick<Incident, "agents" | "state">[]): Ownership {
  const found = new Map<string, AgentState>(agents.map((agent) => [agent.name, { registered: agent, standing: 0, waiting: 0 }]));
  for (const incident of incidents)
    for (const name of incident.agents) {
      const known = found.get(name) ?? { registered: undefined, standing: 0, waiting: 0 };
      found.set(name, { ...known, standing: known.standing + 1, waiting: known.waiting + Number(unheeded(incident)) });
    }
  return found;
}
