import { queryOptions } from "@tanstack/react-query";
import { ask, segment } from "./ask";
import type { Verdict } from "./types";

/** Reads of verdicts. Keys start with the noun and the project, so that live events can name them. */

export const verdictQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["verdict", project, runId],
    queryFn: ({ signal }) => ask<Verdict>("GET", `/runs/${segment(runId)}/verdict`, { query: { project }, signal }),
  });
