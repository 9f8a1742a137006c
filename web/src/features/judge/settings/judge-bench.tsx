import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card, Section } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { CodeEditor } from "@/ui/code/code";
import { Input, Labelled, Select } from "@/ui/form";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { judgesQuery } from "../queries";
import type { Endpoint, Judge, JudgeBody, Rubric } from "../types";
import { BenchResults } from "./bench-results";
import { JudgeWhen, type When } from "./judge-when";
import { labelLines, readLabels } from "./rubric";
import { TextBox } from "./schema-form";

interface JudgeBenchProps {
  project: string;
  endpoints: readonly Endpoint[];
  rubrics: readonly Rubric[];
  edited: Judge | undefined;
  onClose: () => void;
}

const OWN = "";

/** What a judge is asked, beside what it says of recent runs: edit, look, edit again. */
export function JudgeBench({ project, endpoints, rubrics, edited, onClose }: JudgeBenchProps) {
  const client = useQueryClient();
  const first = rubrics.find((each) => each.id === (edited?.rubric ?? (edited ? "" : "task-completion")));
  const [name, setName] = useState(edited?.name ?? "");
  const [endpoint, setEndpoint] = useState(edited?.endpoint ?? endpoints[0]?.id ?? "");
  const [rubric, setRubric] = useState(edited ? (edited.rubric ?? OWN) : (first?.id ?? OWN));
  const [template, setTemplate] = useState(edited?.template ?? first?.template ?? "");
  const [lines, setLines] = useState(labelLines(edited?.labels ?? first?.labels ?? []));
  const [when, setWhen] = useState<When>({
    sample: String((edited?.sample_rate ?? 0.1) * 100),
    triggers: edited?.triggers.join(", ") ?? "",
    agents: edited?.agents.join(", ") ?? "",
    budget: edited ? (edited.budget_usd_per_day?.toString() ?? "") : "1",
    enabled: edited?.enabled ?? true,
  });
  const [pressed, setPressed] = useState(false);
  const { labels, wrong } = readLabels(lines);
  const split = (text: string) => text.split(",").map((each) => each.trim()).filter(Boolean);
  /** It compares two answers: it is never drawn for one run, and cannot be tried on one. */
  const pairwise = rubrics.find((each) => each.id === rubric)?.pairwise ?? labels.map((each) => each.name).sort().join() === "first,second,tie";
  const body: JudgeBody = {
    name: name.trim() || (rubrics.find((each) => each.id === rubric)?.title ?? "own rubric"),
    endpoint,
    rubric,
    template: rubric ? "" : template,
    labels: rubric ? [] : labels,
    sample_rate: pairwise ? 0 : Number(when.sample) / 100,
    triggers: pairwise ? [] : split(when.triggers),
    agents: split(when.agents),
    enabled: when.enabled,
    budget_usd_per_day: when.budget.trim() === "" ? null : Number(when.budget),
    temperature: edited?.temperature ?? 0,
    max_tokens: edited?.max_tokens ?? 800,
  };
  const faults = rubric ? [] : wrong;
  const save = useMutation({
    mutationFn: () =>
      edited
        ? dataOf(api.PUT("/api/v1/judges/{judge_id}", { params: { path: { judge_id: edited.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/judges", { params: { query: { project } }, body })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: judgesQuery(project).queryKey });
      notify("Judge saved", pairwise ? "Ask it from the page that compares two runs." : "It is asked about runs that settle from now on.");
      onClose();
    },
  });
  /** A rubric of ours that is changed becomes one of one's own. */
  const own = () => setRubric(OWN);
  return (
    <Section title={edited ? edited.name : "New judge"} about="Change what it is asked and look what it says of recent runs, before it is saved." aside={<Button onClick={onClose}>Back to the list</Button>}>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card className="p-4">
          <form
            className="flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              setPressed(true);
              if (faults.length === 0) save.mutate();
            }}
          >
            <div className="grid grid-cols-2 gap-3">
              <Labelled label="Rubric">
                {(id) => (
                  <Select
                    id={id}
                    label="Rubric"
                    value={rubric}
                    choices={[...rubrics.map((each) => ({ value: each.id, label: each.title })), { value: OWN, label: "Your own" }]}
                    onChange={(value) => {
                      setRubric(value);
                      const chosen = rubrics.find((each) => each.id === value);
                      if (!chosen) return;
                      setTemplate(chosen.template);
                      setLines(labelLines(chosen.labels));
                    }}
                  />
                )}
              </Labelled>
              <Labelled label="Asks">{(id) => <Select id={id} label="Asks" value={endpoint} choices={endpoints.map((each) => ({ value: each.id, label: each.name }))} onChange={setEndpoint} />}</Labelled>
            </div>
            <Labelled label="Name" hint="Of the scores it gives.">
              {(id) => <Input id={id} value={name} maxLength={100} placeholder={rubrics.find((each) => each.id === rubric)?.title ?? "own rubric"} onChange={(event) => setName(event.target.value)} />}
            </Labelled>
            <Labelled label="Question" hint="Places that are filled in: {input} {answer} {tools} {reference} {conversation}. What is put in is fenced off: it cannot give orders.">
              {(id) => (
                <CodeEditor
                  id={id}
                  label="Question"
                  language="rubric"
                  rows={10}
                  text={template}
                  onChange={(text) => {
                    setTemplate(text);
                    own();
                  }}
                />
              )}
            </Labelled>
            <Labelled label="Answers it may give" hint="One a line: name = number from 0 to 1, or none: what it means. After the number may stand the failure mode of runs it is said of: = 0 [mast-3.2].">
              {(id) => (
                <TextBox
                  id={id}
                  rows={4}
                  value={lines}
                  onChange={(text) => {
                    setLines(text);
                    own();
                  }}
                />
              )}
            </Labelled>
            <JudgeWhen value={when} onChange={setWhen} project={project} pairwise={pairwise} />
            {pressed && faults.length ? (
              <p role="alert" className="text-xs text-bad">
                {faults.join(" · ")}
              </p>
            ) : null}
            <FailedLine error={save.error} />
            <Button type="submit" look="primary" className="self-end" disabled={save.isPending}>
              Save judge
            </Button>
          </form>
        </Card>
        {pairwise ? (
          <Card className="p-4">
            <h3 className="text-sm font-semibold">It compares two runs</h3>
            <p className="mt-1 text-xs text-muted">Open a run, compare it with another, and ask this judge which did better. It is always asked in both orders: a preference that turns with the order is none.</p>
          </Card>
        ) : (
          <BenchResults project={project} body={body} faults={faults} onTried={() => setPressed(true)} />
        )}
      </div>
    </Section>
  );
}
