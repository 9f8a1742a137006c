import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleX, Clock, Files, Loader, RefreshCw, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { api, dataOf } from "@/client/api";
import { Card, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { bytes, count, plural } from "@/ui/format";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { loadsQuery, type Loads as Read } from "./queries";

type Delivery = Read["deliveries"][number];

const STATES: Record<Delivery["state"], { tone: "ok" | "warn" | "bad" | "quiet" | "accent"; icon: LucideIcon; word: string; what: string }> = {
  waiting: { tone: "warn", icon: Clock, word: "waiting", what: "Seen, and not whole yet" },
  loading: { tone: "accent", icon: Loader, word: "loading", what: "Being read into its table" },
  loaded: { tone: "ok", icon: CircleCheck, word: "loaded", what: "In its table" },
  duplicate: { tone: "quiet", icon: Files, word: "duplicate", what: "Its bytes were loaded before" },
  superseded: { tone: "quiet", icon: Clock, word: "older", what: "Older than what the table holds" },
  refused: { tone: "bad", icon: CircleX, word: "refused", what: "Not loaded; the table is as it was" },
};

/** What a batch connector was delivered, how fresh its tables are, and the rows that were set aside. */
export function Loads({ project, name }: { project: string; name: string }) {
  const client = useQueryClient();
  const query = loadsQuery(project, name);
  const read = useQuery(query);
  const look = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/connectors/{name}/loads", { params: { path: { name }, query: { project } } })),
    onSuccess: (next) => {
      client.setQueryData(query.queryKey, next);
      setTimeout(() => void client.invalidateQueries({ queryKey: query.queryKey }), 1_500);
    },
  });
  if (read.isError) return <Failed what="Its deliveries" error={read.error} retry={() => void read.refetch()} />;
  if (read.isPending) return <SkeletonRows rows={6} height={44} />;
  const { tables, deliveries, bad_rows: aside } = read.data;
  return (
    <>
      <section>
        <Head title="Tables">
          <Button disabled={look.isPending} onClick={() => look.mutate()}>
            <RefreshCw className="size-3.5 text-muted" aria-hidden /> Look for deliveries now
          </Button>
        </Head>
        <FailedLine error={look.error} />
        <Card>
          <Table caption="Tables" columns={[{ label: "Table" }, { label: "Freshness" }, { label: "Rows", right: true }, { label: "Data of", right: true }, { label: "Loaded", right: true }]}>
            {tables.map((each) => (
              <tr key={each.name}>
                <td className="font-medium">{each.name}</td>
                <td>
                  {each.stale ? <Badge tone="bad">stale</Badge> : each.loaded_at ? <Badge tone="ok">fresh</Badge> : <span className="text-faint">nothing loaded</span>} <span className="text-muted">{each.said}</span>
                </td>
                <td className="num text-right">{each.loaded_at ? count(each.rows) : "–"}</td>
                <td className="text-right">
                  <Ago at={each.as_of} />
                </td>
                <td className="text-right">
                  <Ago at={each.loaded_at} />
                </td>
              </tr>
            ))}
          </Table>
        </Card>
      </section>
      <section>
        <Head title="Deliveries" />
        <Card>
          {deliveries.length ? (
            <Table caption="Deliveries" columns={[{ label: "File" }, { label: "Table" }, { label: "State" }, { label: "Rows", right: true }, { label: "Set aside", right: true }, { label: "Size", right: true }, { label: "Arrived", right: true }]}>
              {deliveries.map((each) => (
                <tr key={`${each.table} ${each.file} ${each.version} ${each.arrived_at ?? ""}`}>
                  <td className="font-mono text-2xs">{each.file}</td>
                  <td>{each.table}</td>
                  <td>
                    <DeliveryMark delivery={each} />
                  </td>
                  <td className="num text-right">{count(each.state === "loading" ? each.position : each.rows)}</td>
                  <td className={`num text-right ${each.bad_rows ? "text-warn" : ""}`}>{count(each.bad_rows)}</td>
                  <td className="num text-right whitespace-nowrap">{bytes(each.bytes)}</td>
                  <td className="text-right whitespace-nowrap">
                    <Ago at={each.arrived_at} />
                  </td>
                </tr>
              ))}
            </Table>
          ) : (
            <Empty icon={<Files />} title="Nothing was delivered yet" className="py-8">
              <p>The source is looked at every so often, as its settings say; files are taken once they are whole.</p>
            </Empty>
          )}
        </Card>
      </section>
      {aside.length ? (
        <section>
          <Head title={`${plural(aside.length, "row")} set aside`} />
          <Card>
            <Table caption="Rows set aside" columns={[{ label: "File" }, { label: "Line", right: true }, { label: "Why" }, { label: "Its beginning" }]}>
              {aside.map((each, index) => (
                <tr key={index}>
                  <td className="font-mono text-2xs">{each.file}</td>
                  <td className="num text-right">{count(each.line)}</td>
                  <td className="[overflow-wrap:anywhere]">{each.reason}</td>
                  <td className="max-w-96 truncate font-mono text-2xs text-muted" title={each.text}>
                    {each.text}
                  </td>
                </tr>
              ))}
            </Table>
          </Card>
        </section>
      ) : null}
    </>
  );
}

function Head({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mb-2 flex flex-wrap items-center justify-between gap-3">
      <h2 className="text-sm font-semibold">{title}</h2>
      {children}
    </div>
  );
}

function DeliveryMark({ delivery }: { delivery: Delivery }) {
  const { tone, icon: Icon, word, what } = STATES[delivery.state];
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <Badge tone={tone} title={what}>
        <Icon aria-hidden className={delivery.state === "loading" ? "motion-safe:animate-[spin_2.4s_linear_infinite]" : undefined} /> {word}
      </Badge>
      {delivery.state === "loading" ? <span className="num text-2xs text-muted">{count(delivery.position)} rows so far</span> : null}
      {delivery.reason ? <span className="text-2xs text-muted [overflow-wrap:anywhere]">{delivery.reason}</span> : null}
    </span>
  );
}
