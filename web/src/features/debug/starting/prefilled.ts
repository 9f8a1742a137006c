import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { recordingQuery } from "@/features/gateway/recordings/queries";
import { changeOf, NO_CHANGE, wrongWith, type ChangeDraft } from "../fork/changes";
import { resultOf, wordsOf } from "../fork/prefill";
import { callsOf, promptOf } from "../fork/recorded-calls";
import type { ChangeKind, TapeStep } from "../types";

/** What is different at a step, as it is typed over what was recorded there; kept by step and kind. `read` is false where nobody changes it by hand. */
export function useChange(project: string, step: TapeStep | undefined, kind: ChangeKind, read = true) {
  const [drafts, setDrafts] = useState<Partial<Record<string, Partial<ChangeDraft>>>>({});
  const { prefilled, prompt, waiting, error } = usePrefilled(project, read ? step : undefined, kind);
  const key = `${step?.step ?? 0} ${kind}`;
  const typed = drafts[key];
  // A part of the prompt becomes what is typed, not the whole of what was recorded.
  const draft: ChangeDraft = { ...prefilled, ...(typed?.find ? { text: "" } : {}), ...typed };
  const change = changeOf(step?.step ?? 1, kind, draft);
  return {
    key,
    draft,
    change,
    wrong: wrongWith(change, prompt),
    /** Whether somebody typed something. */
    typed: typed !== undefined,
    waiting,
    error,
    onDraft: (next: Partial<ChangeDraft>) => setDrafts((old) => ({ ...old, [key]: { ...old[key], ...next } })),
  };
}

/** What was recorded at a step, to be changed rather than written anew. */
function usePrefilled(project: string, step: TapeStep | undefined, kind: ChangeKind) {
  const recording = useQuery({ ...recordingQuery(project, step?.exchange_id ?? "", true), enabled: step !== undefined && !step.hole });
  const answer = recording.data?.answer?.body ?? "";
  const prompt = promptOf(recording.data?.request?.body ?? "");
  const texts: Partial<Record<ChangeKind, Partial<ChangeDraft>>> = {
    answer: { text: wordsOf(answer), tool_calls: callsOf(answer) },
    result: { text: resultOf(answer) },
    prompt: { text: prompt },
    error: { code: "upstream_error" },
  };
  return { prefilled: { ...NO_CHANGE, ...texts[kind] }, prompt, waiting: recording.isLoading && (kind === "answer" || kind === "result" || kind === "prompt"), error: recording.error };
}
