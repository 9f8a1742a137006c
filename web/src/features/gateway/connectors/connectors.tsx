import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { CircleAlert, FileCode, Plug, Plus } from "lucide-react";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { count, UNKNOWN } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { ConnectorDialog } from "./connector-dialog";
import { FileDialog } from "./file-dialog";
import { KindMark, TestButton, TestedMark } from "./look";
import { connectorsQuery, loadsQuery, toolsQuery, type Connector } from "./queries";

const here = getRouteApi("/shell/gateway");
const COLUMNS = [{ label: "Connector" }, { label: "Kind" }, { label: "State" }, { label: "Tools", right: true }, { label: "Newest data" }, { label: "Do", hidden: true }];

/** The systems that agents call. */
export function Connectors({ project }: { project: string }) {
  const { open } = here.useSearch();
  const navigate = here.useNavigate();
  const list = useQuery(connectorsQuery(project));
  const onOpen = (what: string | undefined) => void navigate({ search: (old) => ({ ...old, open: what }), replace: true, resetScroll: false });
  return (
    <Section
      title="Connectors"
      about="The systems that agents call: HTTP services, databases, folders of files, MCP servers. Each becomes tools, over MCP and plain HTTP; an agent sees those it was granted."
      aside={
        <span className="flex gap-2">
          <Button onClick={() => onOpen("file")}>
            <FileCode className="size-3.5 text-muted" aria-hidden /> YAML
          </Button>
          <Button look="primary" onClick={() => onOpen("new")}>
            <Plus className="size-3.5" aria-hidden /> New connector
          </Button>
        </span>
      }
    >
      <Card>
        {list.isError ? (
          <Failed what="Connectors" error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <SkeletonRows rows={4} height={44} />
        ) : list.data.items.length === 0 ? (
          <Empty icon={<Plug />} title="No system is connected yet">
            <p>Connect one here, or declare it in YAML beside your code.</p>
            <div className="mt-5 text-left">
              <CodeBlock title="Or at the command line" code="roadworthy connect apply connectors.yaml" />
            </div>
          </Empty>
        ) : (
          <Table caption="Connectors" columns={COLUMNS}>
            {list.data.items.map((each) => (
              <Row key={each.name} project={project} connector={each} />
            ))}
          </Table>
        )}
      </Card>
      {open === "new" ? <ConnectorDialog project={project} onClose={() => onOpen(undefined)} /> : null}
      {open === "file" ? <FileDialog project={project} onClose={() => onOpen(undefined)} /> : null}
    </Section>
  );
}

function Row({ project, connector }: { project: string; connector: Connector }) {
  return (
    <tr>
      <td className="min-w-40">
        <Link to="/gateway/connectors/$connector" params={{ connector: connector.name }} className="link font-medium">
          {connector.name}
        </Link>
        {connector.title ? <span className="block max-w-72 truncate text-2xs text-muted">{connector.title}</span> : null}
      </td>
      <td>
        <KindMark kind={connector.kind} />
      </td>
      <td>
        <State project={project} connector={connector} />
      </td>
      <td className="num text-right">{usable(connector) ? <ToolCount project={project} name={connector.name} /> : UNKNOWN}</td>
      <td>{connector.kind === "batch" ? <Freshness project={project} name={connector.name} /> : <span className="text-faint">as it is asked</span>}</td>
      <td className="text-right">
        <TestButton project={project} name={connector.name} />
      </td>
    </tr>
  );
}

const usable = (connector: Connector): boolean => connector.enabled && connector.problem === null;

export function State({ project, connector }: { project: string; connector: Connector }) {
  if (!connector.enabled) return <Badge tone="warn">switched off</Badge>;
  if (connector.problem)
    return (
      <span className="flex items-start gap-1.5 text-bad">
        <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden /> {connector.problem}
      </span>
    );
  return <TestedMark project={project} name={connector.name} />;
}

function ToolCount({ project, name }: { project: string; name: string }) {
  const tools = useQuery(toolsQuery(project, name));
  return <span title={tools.data?.items.map((each) => each.name).join(", ")}>{count(tools.data?.items.length)}</span>;
}

/** Of its tables the one that is worst off. */
function Freshness({ project, name }: { project: string; name: string }) {
  const loads = useQuery(loadsQuery(project, name));
  const tables = loads.data?.tables ?? [];
  const stale = tables.filter((each) => each.stale);
  if (!tables.length) return <span className="text-faint">nothing loaded</span>;
  if (stale.length)
    return (
      <Badge tone="bad" title={stale.map((each) => `${each.name}: ${each.said}`).join("; ")}>
        {stale.length} of {tables.length} stale
      </Badge>
    );
  const newest = tables.map((each) => each.as_of ?? "").sort().at(-1);
  return newest ? <Ago at={newest} /> : <span className="text-faint">nothing loaded</span>;
}
