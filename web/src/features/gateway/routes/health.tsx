import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleSlash, TriangleAlert, Zap, ZapOff } from "lucide-react";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { CodeBlock } from "@/ui/copy";
import { count, duration, percent } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { gatewayHealthQuery, type GatewayHealth, type UpstreamHealth } from "../queries";

const COLUMNS = [{ label: "Upstream" }, { label: "Breaker" }, { label: "Calls", right: true }, { label: "Failed", right: true }, { label: "First byte p50", right: true }, { label: "p95", right: true }, { label: "Now", right: true }, { label: "Retries left", right: true }];

/** How the gateway is, and each upstream as it fares since the gateway started. */
export function Health({ project }: { project: string }) {
  const read = useQuery(gatewayHealthQuery(project));
  if (read.isError) return <Failed what="The gateway's health" error={read.error} retry={() => void read.refetch()} />;
  if (read.isPending) return <SkeletonRows rows={4} />;
  const health = read.data;
  return (
    <div className="flex flex-col gap-8">
      <Section title="The gateway" about="Agents point their SDK's base URL here; nothing else in them changes.">
        <Standing health={health} />
        {health.problems.map((problem) => (
          <p key={problem} role="alert" className="flex items-start gap-1.5 text-xs text-bad">
            <TriangleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden /> {problem}
          </p>
        ))}
      </Section>
      <Section title="Upstreams" about="Those that were called since the gateway started. A breaker that is open keeps calls from an upstream that fails, and lets one through now and then to see whether it is back.">
        <Card>
          {health.upstreams.length === 0 ? (
            <Empty icon={<Zap />} title="No model was called yet" className="py-8">
              <div className="text-left">
                <CodeBlock title="An agent that uses an OpenAI SDK" code={`export OPENAI_BASE_URL=${health.url}/v1\nexport OPENAI_API_KEY=<a gateway key>`} />
              </div>
            </Empty>
          ) : (
            <Table caption="Upstreams" columns={COLUMNS}>
              {health.upstreams.map((each) => (
                <Upstream key={each.upstream} upstream={each} />
              ))}
            </Table>
          )}
        </Card>
      </Section>
    </div>
  );
}

function Standing({ health }: { health: GatewayHealth }) {
  const facts = [
    { label: "Address", value: <code className="font-mono text-xs">{health.url}</code> },
    { label: "Since", value: health.started_at ? <Ago at={health.started_at} /> : "–" },
    { label: "Calls now", value: count(health.in_flight) },
    { label: "Recorded", value: `${count(health.recordings_kept)}${health.recordings_dropped ? `, ${count(health.recordings_dropped)} dropped` : ""}` },
    { label: "Answers from cache", value: health.cache_hits + health.cache_misses ? `${count(health.cache_hits)} of ${count(health.cache_hits + health.cache_misses)}` : "none asked for" },
    { label: "Settings read", value: health.snapshot?.age_s == null ? "never" : `${duration(health.snapshot.age_s * 1000)} ago${health.snapshot.from_file ? ", from its file" : ""}` },
  ];
  return (
    <Card className="p-4">
      <div className="flex flex-wrap items-center gap-3">
        {health.ready ? (
          <Badge tone="ok">
            <CircleCheck aria-hidden /> ready
          </Badge>
        ) : (
          <Badge tone="bad">
            <CircleSlash aria-hidden /> {health.running ? "not ready" : "not running"}
          </Badge>
        )}
        <dl className="grid flex-1 grid-cols-2 gap-x-6 gap-y-2 md:grid-cols-[minmax(13rem,2fr)_repeat(5,minmax(0,1fr))]">
          {facts.map(({ label, value }) => (
            <div key={label} className="min-w-0 max-md:first:col-span-2">
              <dt className="text-2xs text-muted">{label}</dt>
              <dd className="num truncate text-xs">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Card>
  );
}

function Upstream({ upstream }: { upstream: UpstreamHealth }) {
  const failed = upstream.calls ? upstream.failures / upstream.calls : null;
  return (
    <tr>
      <td className="font-mono text-2xs">{upstream.upstream}</td>
      <td>
        <Breaker upstream={upstream} />
      </td>
      <td className="num text-right">{count(upstream.calls)}</td>
      <td className={`num text-right ${upstream.failures ? "text-bad" : ""}`} title={failed == null ? "" : percent(failed)}>
        {count(upstream.failures)}
      </td>
      <td className="num text-right">{duration(upstream.p50_ms)}</td>
      <td className="num text-right">{duration(upstream.p95_ms)}</td>
      <td className="num text-right" title="Under way, and waiting in the queue">
        {upstream.in_flight}
        {upstream.queued ? <span className="text-warn"> +{upstream.queued} waiting</span> : null}
      </td>
      <td className="num text-right">{count(upstream.retries_left)}</td>
    </tr>
  );
}

function Breaker({ upstream }: { upstream: UpstreamHealth }) {
  if (upstream.breaker === "closed")
    return (
      <span className="inline-flex items-center gap-1 text-xs text-ok">
        <Zap className="size-3.5" aria-hidden /> closed
      </span>
    );
  return (
    <Badge tone={upstream.breaker === "open" ? "bad" : "warn"} title="It failed so often that it is not asked">
      <ZapOff aria-hidden /> {upstream.breaker === "open" ? `open, tried again in ${duration(upstream.reopens_in_s * 1000)}` : "half open: trying"}
    </Badge>
  );
}
