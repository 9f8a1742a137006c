import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Box } from "@/features/judge/agent/box";
import { plural } from "@/ui/format";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { InquiryRow } from "../inquiry-row";
import { casesQuery, inquiriesQuery } from "../queries";
import { EntryPointBox } from "./entry-point-box";

const SHOWN = 4;

/** Of an agent's page: how it is started, what was executed again, the cases it is held to. */
export function AgentDebug({ project, agent }: { project: string; agent: string }) {
  const inquiries = useQuery(inquiriesQuery(project, { agent }));
  const cases = useQuery(casesQuery(project, agent));
  const made = inquiries.data?.items ?? [];
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <EntryPointBox project={project} agent={agent} />
      <Box
        title="Executed again"
        aside={
          <span className="flex gap-3 text-xs">
            {cases.data?.items.length ? (
              <Link to="/cases" search={{ agent }} className="link">
                {plural(cases.data.items.length, "case")}
              </Link>
            ) : null}
            {made.length ? (
              <Link to="/inquiries" search={{ agent }} className="link">
                all {plural(made.length, "inquiry", "inquiries")}
              </Link>
            ) : null}
          </span>
        }
      >
        {inquiries.isError ? (
          <div className="p-4">
            <FailedLine error={inquiries.error} />
          </div>
        ) : inquiries.isPending ? (
          <SkeletonRows rows={2} height={48} />
        ) : made.length ? (
          <ul>
            {made.slice(0, SHOWN).map((each) => (
              <InquiryRow key={each.id} inquiry={each} known="agent" />
            ))}
          </ul>
        ) : (
          <p className="p-4 text-xs text-muted">No run of it was executed again. Open one that failed, and choose “Find the step”.</p>
        )}
      </Box>
    </div>
  );
}
