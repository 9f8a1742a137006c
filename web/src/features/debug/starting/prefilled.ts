import { useQuery } from "@tanstack/react-query";
import { recordingQuery } from "@/features/gateway/recordings/queries";
import { NO_CHANGE, type ChangeDraft } from "../fork/changes";
import { resultOf, wordsOf } from "../fork/prefill";
import { callsOf, promptOf } from "../fork/recorded-calls";
import type { ChangeKind, TapeStep } from "../types";

/** What was recorded at a step, to be changed rather than written anew. */
export function usePrefilled(project: string, step: TapeStep | undefined, kind: ChangeKind) {
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
