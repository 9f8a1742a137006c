import { useQuery } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { serverQuery } from "@/features/server/queries";
import { CopyButton } from "@/ui/copy";
import { bytes, count } from "@/ui/format";
import { Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { Card, Section } from "./section";

export function ServerSettings() {
  const server = useQuery(serverQuery);
  if (server.isError) return <Failed what="The server's state" error={server.error} retry={() => void server.refetch()} />;
  if (server.isPending) return <SkeletonRows rows={6} />;
  const { data } = server;
  return (
    <Section title="Server" about="How it is, where it listens, and what it does to what it is sent.">
      <Card>
        <div className={`flex items-start gap-2.5 px-4 py-3 ${data.healthy ? "text-ok" : "bg-warn-soft text-warn"}`} role="status">
          {data.healthy ? <CircleCheck className="mt-0.5 size-4" aria-hidden /> : <TriangleAlert className="mt-0.5 size-4" aria-hidden />}
          <div>
            <p className="font-medium">{data.healthy ? "All is well" : "Needs attention"}</p>
            {data.problems.map((problem) => (
              <p key={problem} className="text-xs">
                {problem}
              </p>
            ))}
          </div>
        </div>
        <dl className="text-xs">
          <Line label="Version">{data.version}</Line>
          <Line label="Started">
            <Ago at={data.started_at} />
          </Line>
          <Line label="This page and the API" copy={data.url}>
            {data.url}
          </Line>
          <Line label="OTLP over HTTP" copy={data.otlp_http_url}>
            {data.otlp_http_url}
          </Line>
          <Line label="OTLP over gRPC" copy={data.otlp_grpc_url}>
            {data.otlp_grpc_url}
          </Line>
          <Line label="Accepted, not yet shown">{data.backlog_bytes ? bytes(data.backlog_bytes) : "nothing"}</Line>
          <Line label="Runs">{count(data.runs)}</Line>
          <Line label="Waiting for a verdict">{data.runs_to_judge ? count(data.runs_to_judge) : "none"}</Line>
          <Line label="Login">{data.login_required ? "required" : "not required: reachable from this machine only"}</Line>
          <Line label="For machines">
            <a href="/api/v1/openapi.json" className="link">
              OpenAPI
            </a>
            {" · "}
            <a href="/metrics" className="link">
              Prometheus metrics
            </a>
            {" · "}
            <a href="/readyz" className="link">
              readiness
            </a>
          </Line>
        </dl>
      </Card>
      <Card className="p-4">
        <h3 className="text-sm font-semibold">What is kept</h3>
        <p className="mt-1 max-w-2xl text-xs text-muted">
          Traces, and what log records say about their steps: messages and evaluations. Metrics are accepted, so that no exporter complains, but their data points are only counted and their values are not kept; tokens, costs and durations
          are worked out from traces.
        </p>
      </Card>
      <Card className="p-4">
        <h3 className="text-sm font-semibold">Masking</h3>
        <p className="mt-1 max-w-2xl text-xs text-muted">
          Secrets (API keys, access tokens, private keys, passwords in addresses) are masked before anything is stored, so they are in no file, no export and no search. A step in which something was masked says so. Personal data is not
          masked yet: do not send what must not be stored.
        </p>
      </Card>
    </Section>
  );
}

function Line({ label, copy, children }: { label: string; copy?: string; children: ReactNode }) {
  return (
    <div className="grid min-h-9 grid-cols-[12rem_1fr] items-center gap-3 border-t border-line px-4">
      <dt className="text-muted">{label}</dt>
      <dd className="num flex min-w-0 items-center justify-between gap-2 [overflow-wrap:anywhere]">
        <span>{children}</span>
        {copy ? <CopyButton text={copy} /> : null}
      </dd>
    </div>
  );
}
