import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card } from "@/features/settings/section";
import { Warning } from "@/ui/badges";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { count, money, plural } from "@/ui/format";
import { Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { embeddingQuery } from "../queries";
import type { Embedding as Chosen, Endpoint } from "../types";

const WORDS = "words";

/** By what failing runs are grouped and meanings compared: words, or vectors of an endpoint. */
export function Embedding({ project, endpoints }: { project: string; endpoints: readonly Endpoint[] }) {
  const embedding = useQuery(embeddingQuery(project));
  return (
    <Card className="p-4">
      <h3 className="text-sm font-semibold">Embedding</h3>
      <p className="max-w-2xl text-xs text-muted">Failing runs that say no more of themselves are grouped by what they are about. By their words this is free; vectors of an embedding model know synonyms. While the endpoint is down, words are gone by.</p>
      {embedding.isError ? (
        <Failed what="Embedding" error={embedding.error} retry={() => void embedding.refetch()} />
      ) : embedding.isPending ? (
        <SkeletonRows rows={2} />
      ) : (
        <>
          <Choose key={`${embedding.data.endpoint} ${embedding.data.budget_usd_per_day}`} project={project} chosen={embedding.data} endpoints={endpoints.filter((each) => each.shape === "openai")} />
          <Clustered chosen={embedding.data} />
        </>
      )}
    </Card>
  );
}

function Choose({ project, chosen, endpoints }: { project: string; chosen: Chosen; endpoints: readonly Endpoint[] }) {
  const client = useQueryClient();
  const [endpoint, setEndpoint] = useState(chosen.endpoint ?? WORDS);
  const [budget, setBudget] = useState(chosen.budget_usd_per_day?.toString() ?? "");
  const save = useMutation({
    mutationFn: () => dataOf(api.PUT("/api/v1/embedding", { params: { query: { project } }, body: { endpoint: endpoint === WORDS ? "" : endpoint, budget_usd_per_day: budget.trim() === "" ? null : Number(budget) } })),
    onSuccess: async () => {
      notify("Saved", "From the next look at failing runs on.");
      await client.invalidateQueries({ queryKey: embeddingQuery(project).queryKey });
    },
  });
  const attempt = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/embedding/try", { params: { query: { project } }, body: { one: "The car broke down.", other: "My automobile does not start." } })),
  });
  const same = endpoint === (chosen.endpoint ?? WORDS) && budget === (chosen.budget_usd_per_day?.toString() ?? "");
  return (
    <form
      className="mt-3 flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className="flex flex-wrap items-start gap-3">
        <Labelled label="Goes by" className="w-60">
          {(id) => <Select id={id} label="Goes by" value={endpoint} onChange={setEndpoint} choices={[{ value: WORDS, label: "Words (TF-IDF)" }, ...endpoints.map((each) => ({ value: each.id, label: `${each.name}: ${each.model}` }))]} />}
        </Labelled>
        {endpoint === WORDS ? null : (
          <Labelled label="Budget a day, USD" hint={`Spent today: ${money(chosen.spent_today_usd)}. Empty: no limit.`} className="w-52">
            {(id) => <Input id={id} type="number" min={0} step="any" value={budget} onChange={(event) => setBudget(event.target.value)} />}
          </Labelled>
        )}
      </div>
      <FailedLine error={save.error ?? attempt.error} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" disabled={same || save.isPending}>
          Save
        </Button>
        {chosen.endpoint ? (
          <Button disabled={attempt.isPending} onClick={() => attempt.mutate()} title="Compares “The car broke down.” with “My automobile does not start.”">
            Try it on two sentences
          </Button>
        ) : null}
        <span role="status" className="num text-xs text-muted">
          {attempt.data ? (attempt.data.error ?? `cosine ${attempt.data.cosine?.toFixed(3)}, ${count(attempt.data.dimensions ?? 0)} dimensions`) : ""}
        </span>
      </div>
    </form>
  );
}

function Clustered({ chosen }: { chosen: Chosen }) {
  const how = chosen.clustered;
  if (!how) return <p className="mt-3 text-xs text-muted">No failing runs were grouped yet: it takes three that say no more of themselves.</p>;
  return (
    <p className="mt-3 flex flex-wrap items-center gap-2 text-xs text-muted">
      <span>
        Last grouped <Ago at={how.at} />: {plural(how.runs, "run")}, {plural(how.clusters, "group")}, by {how.model ? <span className="font-mono">{how.model}</span> : "their words"}.
      </span>
      {how.fallen_back ? <Warning title={how.fallen_back}>the endpoint could not be had: {how.fallen_back}</Warning> : null}
    </p>
  );
}
