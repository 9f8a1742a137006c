import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useProject } from "@/client/project";
import { Badge } from "@/ui/badges";
import { count } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { rejectionsQuery } from "./queries";
import { Card, Section, Table } from "./section";

/** What agents sent that was not accepted. Exporters mostly keep quiet about it, so it is said here. */
export function Rejected() {
  const project = useProject();
  const rejections = useQuery(rejectionsQuery(project));
  return (
    <Section title="Rejected data" about="What was sent and not accepted, by reason. Most exporters drop such data without a word, so this is the place to look when something is missing.">
      <Card>
        {rejections.isError ? (
          <Failed what="Rejected data" error={rejections.error} retry={() => void rejections.refetch()} />
        ) : rejections.isPending ? (
          <SkeletonRows rows={4} />
        ) : rejections.data.items.length === 0 ? (
          <Empty icon={<ShieldCheck />} title="Nothing was rejected" className="py-12">
            Everything that was sent here was accepted.
          </Empty>
        ) : (
          <Table caption="Rejected data" columns={[{ label: "Reason" }, { label: "Signal" }, { label: "Sender" }, { label: "Requests", right: true }, { label: "Items", right: true }, { label: "First", right: true }, { label: "Last", right: true }]}>
            {rejections.data.items.map((each) => (
              <tr key={`${each.code} ${each.signal} ${each.reason}`} className="align-top">
                <td className="max-w-md">
                  <p className="[overflow-wrap:anywhere]">{each.reason}</p>
                  <p className="mt-0.5 flex items-center gap-2">
                    <code className="font-mono text-2xs text-muted">{each.code}</code>
                    {each.sample ? (
                      <details>
                        <summary className="cursor-pointer text-2xs text-accent">first bytes</summary>
                        <pre className="mt-1 font-mono text-2xs break-all whitespace-pre-wrap text-muted">{each.sample}</pre>
                      </details>
                    ) : null}
                  </p>
                </td>
                <td>
                  <Badge>{each.signal}</Badge>
                </td>
                <td className="max-w-48 truncate text-muted" title={each.user_agent ?? undefined}>
                  {each.user_agent ?? "unknown"}
                </td>
                <td className="num text-right">{count(each.rejections)}</td>
                <td className="num text-right" title="Spans, log records or data points">
                  {each.count ? count(each.count) : <span className="text-faint" title="The body could not be read">unknown</span>}
                </td>
                <td className="text-right whitespace-nowrap text-muted">
                  <Ago at={each.first_at} />
                </td>
                <td className="text-right whitespace-nowrap text-muted">
                  <Ago at={each.last_at} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
    </Section>
  );
}
