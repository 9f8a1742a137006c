import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useRef } from "react";
import { api } from "@/client/api";
import { useProject } from "@/client/project";
import { Button } from "@/ui/button";
import { Page } from "@/ui/shell/page";
import { Failed, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { notify } from "@/ui/toast";
import { ConnectorDialog } from "./connector-dialog";
import { State } from "./connectors";
import { Dictionary } from "./dictionary/dictionary";
import { Loads } from "./loads";
import { KindMark, TestButton, TestedMark } from "./look";
import { connectorQuery, useConnectorsChanged, type Connector } from "./queries";
import { Settings } from "./settings";
import { Standing } from "./standing";
import { Tools } from "./tools";

const route = getRouteApi("/shell/gateway/connectors/$connector");

/** One system: its tools to try, what it delivered, what its fields mean, how it is reached. */
export function ConnectorPage() {
  const project = useProject();
  const { connector: name } = route.useParams();
  const { tab = "tools", open } = route.useSearch();
  const navigate = route.useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const read = useQuery(connectorQuery(project, name));
  const connector = read.data;
  const tabs = [
    { id: "tools", label: "Tools" },
    ...(connector?.kind === "batch" ? [{ id: "loads", label: "Loads" } as const] : []),
    { id: "dictionary", label: "Data dictionary" },
    { id: "settings", label: "Settings" },
  ] as const;
  const onOpen = (what: "edit" | undefined) => void navigate({ search: (old) => ({ ...old, open: what }), replace: true, resetScroll: false });
  return (
    <Page
      title={name}
      heading={
        <h1 className="flex flex-wrap items-baseline gap-x-2 text-base font-semibold tracking-[-0.01em]">
          <Link to="/gateway" search={{ tab: "connectors" }} className="font-normal text-muted hover:text-text">
            Connectors
          </Link>
          <span className="text-faint">/</span> {name}
        </h1>
      }
      actions={
        connector ? (
          <>
            <span className="text-xs text-muted max-md:hidden">
              <KindMark kind={connector.kind} />
            </span>
            <span className="text-xs">
              <State project={project} connector={connector} />
            </span>
            <TestButton project={project} name={name} />
            <Button onClick={() => onOpen("edit")}>Edit</Button>
          </>
        ) : undefined
      }
      bar={<Tabs tabs={tabs} value={tab} label="What to look at" onChange={(id) => void navigate({ search: { tab: id === "tools" ? undefined : id }, replace: true })} />}
    >
      <div ref={scroller} role="tabpanel" aria-labelledby={`tab-${tab}`} className="h-full overflow-y-auto" tabIndex={0}>
        {read.isError ? (
          <Failed what="This connector" error={read.error} retry={() => void read.refetch()} />
        ) : connector ? (
          <div className={`mx-auto flex flex-col gap-6 p-4 md:p-6 ${tab === "dictionary" ? "max-w-[90rem]" : "max-w-5xl"}`}>
            {tab === "dictionary" ? null : (
              <>
                <TestedMark project={project} name={name} whole />
                <Standing project={project} name={name} />
              </>
            )}
            {tab === "loads" ? (
              <Loads project={project} name={name} />
            ) : tab === "dictionary" ? (
              <Dictionary project={project} name={name} scroller={scroller} />
            ) : tab === "settings" ? (
              <>
                <Settings project={project} connector={connector} />
                <Remove project={project} connector={connector} />
              </>
            ) : (
              <Tools project={project} connector={connector} />
            )}
          </div>
        ) : (
          <SkeletonRows rows={8} height={48} />
        )}
      </div>
      {open === "edit" && connector ? <ConnectorDialog project={project} edited={connector} onClose={() => onOpen(undefined)} /> : null}
    </Page>
  );
}

function Remove({ project, connector }: { project: string; connector: Connector }) {
  const changed = useConnectorsChanged(project);
  const navigate = route.useNavigate();
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/connectors/{name}", { params: { path: { name: connector.name }, query: { project } } }),
    onSuccess: async () => {
      await navigate({ to: "/gateway", search: { tab: "connectors" } });
      await changed();
      notify(`${connector.name} is deleted`);
    },
    onError: (error) => notify("It was not deleted", error.message),
  });
  return (
    <section aria-label="Delete" className="flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
      <p className="text-xs text-muted">Deleted with its secrets, its data dictionary and the tables loaded for it. Agents lose its tools within a second.</p>
      <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
        Delete connector
      </Button>
    </section>
  );
}
