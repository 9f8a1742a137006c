import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileCheck } from "lucide-react";
import { useProject } from "@/client/project";
import { Card, Section, Table } from "@/features/settings/section";
import { CodeBlock } from "@/ui/copy";
import { count, plural } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { Grants } from "./grants";
import { MODE_WORDS, StatusBadge } from "./look";
import { contractsQuery } from "./queries";

const COLUMNS = [{ label: "Tool" }, { label: "State" }, { label: "Held to" }, { label: "Exchanges", right: true }, { label: "Last", right: true }];

/** What each tool promised, and which no longer keep it. */
export function Contracts() {
  const project = useProject();
  const list = useQuery(contractsQuery(project));
  return (
    <div className="flex flex-col gap-8">
      <Section title="Contracts" about="The shapes a tool takes and gives, learned from its traffic, then pinned. From then on each exchange is held against them, and what drifts is an alarm with the difference.">
        <Card>
          {list.isError ? (
            <Failed what="Contracts" error={list.error} retry={() => void list.refetch()} />
          ) : list.isPending ? (
            <SkeletonRows rows={4} height={44} />
          ) : list.data.items.length === 0 ? (
            <Empty icon={<FileCheck />} title="No tool was called through the gateway yet">
              <p>Connect a system, grant an agent its tools, and what they take and give is learned from the first call on.</p>
              <div className="mt-5 text-left">
                <CodeBlock title="Connect a system" code="roadworthy connect apply connectors.yaml" />
              </div>
            </Empty>
          ) : (
            <Table caption="Contracts of tools" columns={COLUMNS}>
              {list.data.items.map((each) => (
                <tr key={each.name}>
                  <td>
                    <Link to="/gateway/contracts/$connector/$tool" params={{ connector: each.connector, tool: each.tool }} className="link font-medium">
                      {each.name}
                    </Link>
                    {each.drifts.length ? <span className="block text-2xs text-bad">{plural(each.drifts.reduce((sum, drift) => sum + drift.changes.length, 0), "difference")}</span> : null}
                  </td>
                  <td>
                    <StatusBadge contract={each} />
                  </td>
                  <td className="text-muted">{each.pinned_version === null ? "nothing yet" : `version ${each.pinned_version}, ${MODE_WORDS[each.mode]}`}</td>
                  <td className="num text-right">{count(each.exchanges)}</td>
                  <td className="text-right text-muted">{each.last_seen ? <Ago at={each.last_seen} /> : "never"}</td>
                </tr>
              ))}
            </Table>
          )}
        </Card>
      </Section>
      <Grants project={project} />
    </div>
  );
}
