import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { useProject } from "@/client/project";
import { Card } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { Select } from "@/ui/form";
import { count, plural } from "@/ui/format";
import { JsonBlock } from "@/ui/json-block";
import { Page } from "@/ui/shell/page";
import { Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { Changes, StatusBadge } from "./look";
import { contractDiffQuery, contractHistoryQuery, contractQuery, useContractsChanged, type ContractDetail, type Drift } from "./queries";
import { TermsForm } from "./terms-form";

const route = getRouteApi("/shell/gateway/contracts/$connector/$tool");
const MODES = [
  { value: "observe", label: "Only note what breaks it" },
  { value: "enforce", label: "Enforce: agents get a typed failure" },
];

/** One tool: what is pinned, what drifted, what it is held to besides. */
export function ContractPage() {
  const project = useProject();
  const { connector, tool } = route.useParams();
  const read = useQuery(contractQuery(project, connector, tool));
  const contract = read.data;
  return (
    <Page
      title={`${connector}.${tool}`}
      heading={
        <h1 className="flex flex-wrap items-baseline gap-x-2 text-base font-semibold tracking-[-0.01em]">
          <Link to="/gateway" search={{ tab: "contracts" }} className="font-normal text-muted hover:text-text">
            Contracts
          </Link>
          <span className="text-faint">/</span> {connector}.{tool}
        </h1>
      }
      actions={contract ? <StatusBadge contract={contract} /> : undefined}
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label="Contract">
        {read.isError ? (
          <Failed what="This contract" error={read.error} retry={() => void read.refetch()} />
        ) : contract ? (
          <div className="mx-auto flex max-w-5xl flex-col gap-6 p-4 md:p-6">
            {contract.drifts.map((drift) => (
              <DriftCard key={drift.id} drift={drift} />
            ))}
            <Pinning project={project} contract={contract} />
            <Shapes contract={contract} />
            <TermsForm key={JSON.stringify(contract.terms)} project={project} contract={contract} />
            <History project={project} contract={contract} />
          </div>
        ) : (
          <SkeletonRows rows={8} height={48} />
        )}
      </div>
    </Page>
  );
}

const DRIFT_WORDS: Record<Drift["kind"], string> = {
  description: "The tool describes itself otherwise than was pinned",
  declared_shape: "The schema the tool declares is another one",
  gone: "The system no longer lists the tool",
  result: "Results are not of the shape that was pinned",
  arguments: "Agents call it with other arguments than were pinned",
  terms: "Too old, too slow, too large, or empty too often",
};

function DriftCard({ drift }: { drift: Drift }) {
  return (
    <section aria-label="Drift">
      <Card className="border-bad-mark p-4">
        <h2 className="text-sm font-semibold text-bad">{DRIFT_WORDS[drift.kind]}</h2>
        <p className="mb-2 text-xs text-muted">
          first <Ago at={drift.first} />, last <Ago at={drift.last} />, in {plural(drift.count, "exchange")}
        </p>
        <Changes label="What differs" changes={drift.changes} />
        {drift.run_ids.length ? (
          <p className="mt-2 text-xs">
            Runs it touched:{" "}
            {drift.run_ids.map((id, index) => (
              <span key={id}>
                {index ? ", " : ""}
                <Link to="/runs/$runId" params={{ runId: id }} className="link font-mono text-2xs">
                  {id.slice(0, 8)}
                </Link>
              </span>
            ))}
          </p>
        ) : null}
      </Card>
    </section>
  );
}

function Pinning({ project, contract }: { project: string; contract: ContractDetail }) {
  const changed = useContractsChanged(project);
  const [mode, setMode] = useState(contract.mode);
  const diff = useQuery({ ...contractDiffQuery(project, contract.connector, contract.tool), enabled: contract.pinned_version !== null });
  const where = { params: { path: { connector: contract.connector, tool: contract.tool }, query: { project } } };
  const done = async (words: string) => {
    await changed();
    notify(words);
  };
  const pin = useMutation({ mutationFn: () => dataOf(api.POST("/api/v1/contracts/{connector}/{tool}/pin", { ...where, headers: idempotency(), body: { mode, reason: "" } })), onSuccess: () => done("Pinned: exchanges are held against it") });
  const accept = useMutation({ mutationFn: () => dataOf(api.POST("/api/v1/contracts/{connector}/{tool}/accept", { ...where, body: { reason: "" } })), onSuccess: () => done("Accepted: pinned anew, its alarm is over") });
  const save = useMutation({ mutationFn: (next: ContractDetail["mode"]) => dataOf(api.PATCH("/api/v1/contracts/{connector}/{tool}", { ...where, body: { mode: next } })), onSuccess: () => done("Saved") });
  const pinned = contract.pinned_version !== null;
  const seen = [...(diff.data?.declared ?? []), ...(diff.data?.arguments ?? []), ...(diff.data?.result ?? [])];
  return (
    <section aria-label="Pinned">
      <Card className="p-4">
        <div className="flex flex-wrap items-center gap-3">
          <div className="min-w-0 flex-1">
            <h2 className="text-sm font-semibold">{pinned ? `Version ${contract.pinned_version}` : "Nothing is pinned"}</h2>
            <p className="text-xs text-muted">
              {contract.version ? (
                <>
                  pinned <Ago at={contract.version.pinned} /> {contract.version.by ? `by ${contract.version.by}` : ""}
                  {contract.version.learned_from ? `, learned from ${plural(contract.version.learned_from, "exchange")}` : ""}
                </>
              ) : (
                `${plural(contract.exchanges, "exchange")} seen so far: look at the shapes below, then pin them.`
              )}
            </p>
          </div>
          <Select
            label="Where it is broken"
            value={mode}
            choices={MODES}
            onChange={(value) => {
              const next = value === "enforce" ? "enforce" : "observe";
              setMode(next);
              if (pinned) save.mutate(next);
            }}
          />
          {contract.drifts.length ? (
            <Button look="primary" disabled={accept.isPending} onClick={() => accept.mutate()}>
              Accept as it is now
            </Button>
          ) : (
            <Button look={pinned ? "plain" : "primary"} disabled={pin.isPending} onClick={() => pin.mutate()}>
              {pinned ? "Pin what is seen now" : "Pin"}
            </Button>
          )}
        </div>
        <FailedLine error={pin.error ?? accept.error ?? save.error} />
        {seen.length && contract.drifts.length === 0 ? (
          <details className="mt-3">
            <summary className="min-h-6 cursor-pointer text-xs text-muted">{plural(seen.length, "difference")} between what is pinned and what is seen, none of them against the contract</summary>
            <Changes label="Seen and pinned" changes={seen} />
          </details>
        ) : null}
      </Card>
    </section>
  );
}

function Shapes({ contract }: { contract: ContractDetail }) {
  const { version, learned } = contract;
  const shown = version ?? learned;
  const description = (version?.declaration ?? learned?.declaration)?.description;
  return (
    <section aria-label="Shapes">
      <h2 className="text-sm font-semibold">{version ? "What is pinned" : "What traffic suggests"}</h2>
      {description ? <p className="mt-1 max-w-3xl text-xs text-muted">{description}</p> : null}
      <div className="mt-2 grid gap-4 md:grid-cols-2">
        <Shape title="Arguments" schema={shown?.arguments} />
        <Shape title="Result" schema={shown?.result} />
      </div>
    </section>
  );
}

function Shape({ title, schema }: { title: string; schema: Record<string, unknown> | null | undefined }) {
  return (
    <Card className="min-w-0 p-4">
      <h3 className="mb-2 text-xs font-medium">{title}</h3>
      {schema ? <JsonBlock value={schema} label={`Schema: ${title}`} open={3} /> : <p className="text-xs text-muted">Anything: nothing is known of it yet.</p>}
    </Card>
  );
}

function History({ project, contract }: { project: string; contract: ContractDetail }) {
  const history = useQuery(contractHistoryQuery(project, contract.connector, contract.tool));
  if (!history.data?.items.length) return null;
  return (
    <section aria-label="History">
      <h2 className="mb-2 text-sm font-semibold">Versions</h2>
      <Card>
        <ul>
          {history.data.items.map((each) => (
            <li key={each.number} className="flex flex-wrap items-baseline gap-x-3 border-t border-line px-4 py-2 text-xs first:border-t-0">
              <span className="num font-medium">{each.number}</span>
              <span className="text-muted">
                <Ago at={each.pinned} /> {each.by ? `by ${each.by}` : ""}
              </span>
              <span className="min-w-0 flex-1 break-words">{each.reason}</span>
              <span className="num text-2xs text-muted">{each.learned_from ? `${count(each.learned_from)} exchanges` : "written"}</span>
            </li>
          ))}
        </ul>
      </Card>
    </section>
  );
}
