import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { agentFilter, SUCCEEDED } from "@/features/observe/links";
import { recentRunsQuery } from "@/features/observe/queries";
import { choicesOf } from "../fork/changes";
import type { After, Change, ChangeKind, Tape } from "../types";
import { useChange } from "./prefilled";

export type FixHow = "good_run" | "again" | "model" | "hand";

interface Chosen {
  /** Undefined: what fits, until somebody says. */
  how?: FixHow;
  goodRun?: string;
  model?: string;
  step?: number;
  kind?: ChangeKind;
}

interface Read {
  good_run: string;
  live_model: string;
  changes: Change[];
  after: After;
}

/** How many good runs are offered. */
const SHOWN = 8;
const BY_HAND: ReadonlySet<ChangeKind> = new Set(["answer", "result", "prompt", "model"]);

/** Good runs of the agent, those of the same task first. */
function useGoodRuns(project: string, tape: Tape) {
  const runs = useQuery(recentRunsQuery(project, [agentFilter(tape.agent), SUCCEEDED]));
  const task = tape.input?.trim();
  const same = (input: string | null) => task !== undefined && input?.trim() === task;
  const good = (runs.data?.items ?? []).filter((each) => each.id !== tape.run_id).map((run) => ({ run, same: same(run.input) }));
  return { pending: runs.isPending, shown: good.sort((a, b) => Number(b.same) - Number(a.same)).slice(0, SHOWN) };
}

/** What puts things right: the good run of the same task where one is known, else what `at` names, by hand. */
export function useFix(project: string, tape: Tape, at: number | undefined) {
  const [chosen, setChosen] = useState<Chosen>({});
  const good = useGoodRuns(project, tape);
  const goodRun = chosen.goodRun ?? good.shown.find(({ same }) => same)?.run.id ?? "";
  const how = chosen.how ?? (goodRun || at === undefined || good.pending ? "good_run" : "hand");
  const step = tape.steps.find((each) => each.step === (chosen.step ?? at)) ?? tape.steps[0];
  const kinds = choicesOf(step).filter(({ value }) => BY_HAND.has(value));
  const kind = kinds.find(({ value }) => value === chosen.kind)?.value ?? kinds[0]?.value ?? "answer";
  const { draft, change, wrong, typed, waiting, onDraft } = useChange(project, step, kind, how === "hand");
  const model = chosen.model ?? "";
  const read: Read = {
    good_run: how === "good_run" ? goodRun : "",
    live_model: how === "model" ? model.trim() : "",
    changes: how === "hand" ? [{ ...change, onwards: false }] : [],
    after: how === "good_run" ? "recorded" : "live",
  };
  const lacks: Record<FixHow, string> = { good_run: goodRun ? "" : "a good run", again: "", model: model.trim() ? "" : "the other model", hand: wrong || !typed ? "what is right at the step" : "" };
  return {
    read,
    missing: lacks[how],
    fields: { how, good, goodRun, model, step, kind, kinds, draft, waiting, wrong: typed ? wrong : "", set: (next: Chosen) => setChosen((old) => ({ ...old, ...next })), onDraft },
  };
}

export type FixFields = ReturnType<typeof useFix>["fields"];
