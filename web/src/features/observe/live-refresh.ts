import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { about, useLive, type LiveEvent } from "@/client/live";

const aboutRuns = about("runs");

/**
 * Reads queries anew when runs change (or what `when` says): at once for the first event, then at most every `everyMs`, so that
 * a busy server is not asked a hundred times a second.
 */
export function useLiveRefresh(keys: readonly QueryKey[], { everyMs = 2000, when = aboutRuns }: { everyMs?: number; when?: (event: LiveEvent) => boolean } = {}): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const last = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLive((event) => {
    if (!when(event)) return;
    if (timer.current !== undefined) return;
    const wait = Math.max(0, last.current + everyMs - Date.now());
    timer.current = setTimeout(() => {
      timer.current = undefined;
      last.current = Date.now();
      for (const queryKey of keys) void client.invalidateQueries({ queryKey });
    }, wait);
  });
}
