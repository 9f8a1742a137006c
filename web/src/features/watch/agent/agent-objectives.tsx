import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { percent } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Box } from "../incidents/box";
import { BudgetBar, Burning } from "../objectives/look";
import { objectivesQuery } from "../objectives/queries";
import { aimWords, events } from "../objectives/words";

/** What an agent is held to, and what is left of its budgets. */
export function AgentObjectives({ project, agent }: { project: string; agent: string }) {
  const list = useQuery(objectivesQuery(project, { agent }));
  return (
    <Box
      title="Objectives"
      aside={
        <Link to="/objectives" search={{ agent, open: "new" }} className="inline-flex min-h-6 items-center text-xs link">
          new objective
        </Link>
      }
    >
      {list.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={list.error} />
        </div>
      ) : list.isPending ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-12" />
      ) : list.data.items.length === 0 ? (
        <p className="px-4 py-6 text-center text-xs text-muted">It is held to nothing yet.</p>
      ) : (
        <ul className="divide-y divide-line">
          {list.data.items.map((objective) => (
            <li key={objective.id} className="grid grid-cols-[minmax(0,1fr)_9rem] items-center gap-x-4 px-4 py-2 text-xs">
              <span className="min-w-0">
                <span className="flex items-center gap-2">
                  <Link to="/objectives/$objectiveId" params={{ objectiveId: objective.id }} className="truncate rounded font-medium hover:text-accent">
                    {objective.name}
                  </Link>
                  <Burning objective={objective} />
                </span>
                <span className="num block truncate text-muted" title={aimWords(objective)}>
                  {aimWords(objective)}; {percent(objective.budget.achieved)} now, n {events(objective.budget.events.n)}
                </span>
              </span>
              <BudgetBar budget={objective.budget} />
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}
