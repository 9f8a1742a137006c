import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, Play, Wrench } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Problem } from "@/client/problem";
import { Card } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { CodeEditor } from "@/ui/code/code";
import { JsonBlock } from "@/ui/json-block";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { FailureNote } from "./look";
import { toolsQuery, type Connector, type ConnectorTool, type ToolResult } from "./queries";
import { argumentsOf, isObject, objectOf } from "./samples";

/** What agents are offered of a system, as they read it, and a way to try each. */
export function Tools({ project, connector }: { project: string; connector: Connector }) {
  const tools = useQuery({ ...toolsQuery(project, connector.name), enabled: connector.enabled && connector.problem === null });
  if (connector.problem)
    return (
      <Empty icon={<CircleAlert />} title="It cannot be used as it is">
        <p>{connector.problem}</p>
        <Link to="/gateway/connectors/$connector" params={{ connector: connector.name }} search={{ tab: "settings" }} className="link mt-3 inline-block">
          Settings
        </Link>
      </Empty>
    );
  if (!connector.enabled) return <Empty icon={<Wrench />} title="It is switched off, and offers nothing" />;
  if (tools.isError) return <Failed what="Its tools" error={Problem.from(tools.error)} retry={() => void tools.refetch()} />;
  if (tools.isPending) return <SkeletonRows rows={5} height={56} />;
  if (!tools.data.items.length)
    return (
      <Empty icon={<Wrench />} title="It offers no tool">
        <p>Its settings declare none, or leave out all that write.</p>
      </Empty>
    );
  return (
    <Card>
      <ul aria-label="Tools">
        {tools.data.items.map((each) => (
          <ToolRow key={each.name} project={project} connector={connector.name} tool={each} />
        ))}
      </ul>
    </Card>
  );
}

function ToolRow({ project, connector, tool }: { project: string; connector: string; tool: ConnectorTool }) {
  const [trying, setTrying] = useState(false);
  const [whole, setWhole] = useState(false);
  const properties = isObject(tool.arguments.properties) ? Object.keys(tool.arguments.properties) : [];
  const long = tool.description.length > LONG || tool.description.split("\n").length > 3;
  return (
    <li className="border-t border-line px-4 py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="text-sm font-medium">{tool.name}</h2>
        <code className="min-w-0 truncate font-mono text-2xs text-muted">({properties.join(", ")})</code>
        <span className="ml-auto flex items-center gap-2">
          <Badge tone={tool.read_only ? "quiet" : "warn"} title={tool.idempotent ? "May be tried again" : "Never tried twice"}>
            {tool.read_only ? "reads only" : "writes"}
          </Badge>
          <Link to="/gateway/contracts/$connector/$tool" params={{ connector, tool: tool.name }} className="link text-xs">
            Contract
          </Link>
          <Button aria-expanded={trying} onClick={() => setTrying(!trying)} aria-label={`Try ${tool.name}`}>
            <Play className="size-3.5 text-muted" aria-hidden /> Try
          </Button>
        </span>
      </div>
      <p className={`mt-1 max-w-3xl text-xs whitespace-pre-line text-muted [overflow-wrap:anywhere] ${long && !whole ? "line-clamp-3" : ""}`}>{tool.description}</p>
      {long ? (
        <button type="button" className="link min-h-6 text-2xs" onClick={() => setWhole(!whole)}>
          {whole ? "Less" : "All of what agents read"}
        </button>
      ) : null}
      {trying ? <Try project={project} connector={connector} tool={tool} /> : null}
    </li>
  );
}

const LONG = 320;

function Try({ project, connector, tool }: { project: string; connector: string; tool: ConnectorTool }) {
  const [text, setText] = useState(() => JSON.stringify(argumentsOf(tool.arguments), null, 2));
  const parsed = objectOf(text);
  const call = useMutation({
    mutationFn: (value: Record<string, unknown>) => dataOf(api.POST("/api/v1/connectors/{name}/tools/{tool}", { params: { path: { name: connector, tool: tool.name }, query: { project } }, body: { arguments: value } })),
  });
  return (
    <div className="mt-3 grid gap-4 md:grid-cols-2">
      <form
        className="flex min-w-0 flex-col gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if ("value" in parsed) call.mutate(parsed.value);
        }}
      >
        <CodeEditor label={`Arguments of ${tool.name}`} language="json" rows={5} text={text} onChange={setText} />
        {"fault" in parsed ? <p className="text-2xs text-bad">{parsed.fault}</p> : null}
        {tool.read_only ? null : <p className="text-2xs text-warn">This is the real system: what the tool changes is changed.</p>}
        <Button type="submit" look="primary" className="self-start" disabled={"fault" in parsed || call.isPending}>
          {call.isPending ? "Calling …" : "Call"}
        </Button>
        <details className="text-xs">
          <summary className="min-h-6 cursor-pointer text-muted">What it takes</summary>
          <JsonBlock value={tool.arguments} label="Schema of its arguments" open={3} />
        </details>
      </form>
      <div className="min-w-0" aria-live="polite">
        <FailedLine error={call.error} />
        {call.data ? <Result result={call.data} /> : null}
      </div>
    </div>
  );
}

function Result({ result }: { result: ToolResult }) {
  if (result.failure) return <FailureNote failure={result.failure} />;
  const texts = result.content.map((each) => (typeof each.text === "string" ? each.text : JSON.stringify(each)));
  return (
    <section aria-label="Result" className="flex flex-col gap-2">
      <p className="flex items-center gap-2 text-xs">
        {result.ok ? (
          <Badge tone="ok">
            <CircleCheck aria-hidden /> answered
          </Badge>
        ) : (
          <Badge tone="bad">
            <CircleAlert aria-hidden /> said that it failed
          </Badge>
        )}
        {result.as_of ? (
          <span className="text-muted">
            data of <Ago at={result.as_of} />
          </span>
        ) : null}
      </p>
      {typeof result.structured === "object" && result.structured !== null ? (
        <JsonBlock value={result.structured} label="Result" open={3} />
      ) : (
        texts.map((each, index) => (
          <pre key={index} tabIndex={0} aria-label="Result" className="max-h-80 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-2xs [overflow-wrap:anywhere] whitespace-pre-wrap">
            {each}
          </pre>
        ))
      )}
    </section>
  );
}
