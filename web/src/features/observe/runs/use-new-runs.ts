import { useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, dataOf } from "@/client/api";
import { about, useLive } from "@/client/live";
import { runsPage, runsQuery, type RunSelection } from "../queries";
import { mergeLatest, type Page } from "./merge-latest";

const EVERY_MS = 1000;
const aboutRuns = about("runs");

/**
 * Keeps a list of runs true without moving it: runs already shown are changed where they stand, new ones
 * are counted until the person asks for them. `over` says there are more than one page of them.
 */
export function useNewRuns(project: string, selection: RunSelection, attributes: readonly string[]): { waiting: number; over: boolean; show: () => void } {
  const client = useQueryClient();
  const [waiting, setWaiting] = useState({ key: "", count: 0, over: false });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const options = runsQuery(project, selection, attributes);
  const key = JSON.stringify(options.queryKey);

  const look = useCallback(async () => {
    const { queryKey } = runsQuery(project, selection, attributes);
    const shown = client.getQueryData<InfiniteData<Page>>(queryKey);
    if (!shown) return;
    const latest = await dataOf(api.GET("/api/v1/runs", { params: { query: runsPage(project, selection, attributes) } }));
    const merged = mergeLatest(shown.pages, latest);
    if (merged.empty) {
      await client.resetQueries({ queryKey });
      return;
    }
    client.setQueryData(queryKey, { ...shown, pages: merged.pages });
    setWaiting({ key: JSON.stringify(queryKey), count: merged.fresh, over: merged.over });
    void client.invalidateQueries({ queryKey: ["runs-count", project] });
    void client.invalidateQueries({ queryKey: ["histogram", project] });
  }, [client, project, selection, attributes]);

  useEffect(() => () => clearTimeout(timer.current), []);
  useLive((event) => {
    if (!aboutRuns(event)) return;
    if (timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      // A failed look is no loss: the next event looks again, and the list itself shows errors.
      look().catch(() => undefined);
    }, EVERY_MS);
  });

  const show = useCallback(() => {
    setWaiting({ key: "", count: 0, over: false });
    void client.resetQueries({ queryKey: runsQuery(project, selection, attributes).queryKey });
  }, [client, project, selection, attributes]);
  const mine = waiting.key === key;
  return { waiting: mine ? waiting.count : 0, over: mine && waiting.over, show };
}
