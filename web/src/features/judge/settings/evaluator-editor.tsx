import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { useMemo, useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card, Section } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { evaluatorsQuery } from "../queries";
import type { Evaluator, EvaluatorKind } from "../types";
import { configOf, fieldsOf } from "./schema";
import { SchemaForm } from "./schema-form";
import { Tried } from "./tried";

interface EvaluatorEditorProps {
  project: string;
  kinds: readonly EvaluatorKind[];
  edited: Evaluator | undefined;
  onClose: () => void;
}

/** An evaluator, and beside it what it would say of the newest runs. */
export function EvaluatorEditor({ project, kinds, edited, onClose }: EvaluatorEditorProps) {
  const client = useQueryClient();
  const [kind, setKind] = useState(edited?.kind ?? kinds[0]?.kind ?? "");
  const [name, setName] = useState(edited?.name ?? "");
  const [agents, setAgents] = useState(edited?.agents.join(", ") ?? "");
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [tried, setTried] = useState(false);
  const chosen = kinds.find((each) => each.kind === kind);
  const fields = useMemo(() => fieldsOf(chosen?.config_schema), [chosen]);
  const known = edited && edited.kind === kind ? edited.config : {};
  const { config, wrong } = configOf(fields, texts, known);
  const body = {
    name: name.trim() || chosen?.title || kind,
    kind,
    config,
    enabled: edited?.enabled ?? true,
    agents: agents.split(",").map((each) => each.trim()).filter(Boolean),
  };
  const save = useMutation({
    mutationFn: () =>
      edited
        ? dataOf(api.PUT("/api/v1/evaluators/{evaluator_id}", { params: { path: { evaluator_id: edited.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/evaluators", { params: { query: { project } }, body })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: evaluatorsQuery(project).queryKey });
      notify("Evaluator saved", "It looks at every run that settles from now on.");
      onClose();
    },
  });
  const attempt = useMutation({ mutationFn: () => dataOf(api.POST("/api/v1/evaluators/try", { params: { query: { project, limit: 20 } }, body })) });
  return (
    <Section title={edited ? edited.name : "New evaluator"} about={chosen?.description ?? ""} aside={<Button onClick={onClose}>Back to the list</Button>}>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card className="p-4">
          <form
            className="flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              setTried(true);
              if (wrong.length === 0) save.mutate();
            }}
          >
            <Labelled label="Kind">
              {(id) => (
                <Select
                  id={id}
                  label="Kind"
                  value={kind}
                  choices={kinds.map((each) => ({ value: each.kind, label: each.title }))}
                  onChange={(next) => {
                    setKind(next);
                    setTexts({});
                    attempt.reset();
                  }}
                />
              )}
            </Labelled>
            <Labelled label="Name" hint="Of the scores it gives.">
              {(id) => <Input id={id} value={name} maxLength={200} placeholder={chosen?.title ?? ""} onChange={(event) => setName(event.target.value)} />}
            </Labelled>
            <SchemaForm fields={fields} texts={texts} known={known} onChange={(field, text) => setTexts((old) => ({ ...old, [field]: text }))} />
            <Labelled label="Agents" hint="Whose runs, with commas between them; empty: all.">
              {(id) => <Input id={id} value={agents} onChange={(event) => setAgents(event.target.value)} />}
            </Labelled>
            {tried && wrong.length ? (
              <p role="alert" className="text-xs text-bad">
                {wrong.join(" · ")}
              </p>
            ) : null}
            <FailedLine error={save.error} />
            <div className="flex justify-end gap-2">
              <Button
                disabled={attempt.isPending}
                onClick={() => {
                  setTried(true);
                  if (wrong.length === 0) attempt.mutate();
                }}
              >
                <FlaskConical className="size-3.5 text-muted" aria-hidden /> Try on recent runs
              </Button>
              <Button type="submit" look="primary" disabled={save.isPending}>
                Save evaluator
              </Button>
            </div>
          </form>
        </Card>
        <Card className="p-4">
          <h3 className="mb-2 text-sm font-semibold">On your newest runs</h3>
          <FailedLine error={attempt.error} />
          {attempt.isPending ? (
            <div role="status" aria-label="Loading" className="skeleton h-40" />
          ) : attempt.data ? (
            <Tried items={attempt.data.items} />
          ) : (
            <p className="py-6 text-center text-xs text-muted">Try it: what it says of your 20 newest runs appears here. Nothing of it is kept.</p>
          )}
        </Card>
      </div>
    </Section>
  );
}
