import { useEffect, useRef, useSyncExternalStore } from "react";

/**
 * Live events of one project: one EventSource for the whole page, shared by all who listen.
 *
 * Topics carry ids of what is new or changed; `resync` says that events were lost (a restart, a long sleep) and that
 * lists should be read anew.
 */

export type LiveState = "connecting" | "live" | "lost";
const TOPICS = ["runs", "incidents", "inquiries", "resamplings"] as const;
export type Topic = (typeof TOPICS)[number];
export type LiveEvent = { kind: Topic; ids: readonly string[] } | { kind: "resync" };

/** Whether it says that things of this topic have to be read anew. */
export const about =
  (topic: Topic) =>
  (event: LiveEvent): boolean =>
    event.kind === topic || event.kind === "resync";

type Listener = (event: LiveEvent) => void;

const RETRY_MS = 5000;

let source: EventSource | undefined;
let project = "";
let state: LiveState = "connecting";
const listeners = new Set<Listener>();
const watchers = new Set<() => void>();

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  watchers.forEach((watch) => watch());
}

function tell(event: LiveEvent): void {
  listeners.forEach((listener) => listener(event));
}

function readIds(data: unknown): string[] {
  try {
    const body: unknown = JSON.parse(String(data));
    const ids = typeof body === "object" && body !== null && "ids" in body ? body.ids : undefined;
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return []; // A line cut by a proxy: the next one comes.
  }
}

/** Opens the stream of a project; the browser itself reconnects with Last-Event-ID. */
export function connectLive(next: string): () => void {
  project = next;
  source?.close();
  setState("connecting");
  const mine = new EventSource(`/api/v1/events?project=${encodeURIComponent(project)}`);
  source = mine;
  let wasLost = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let close = () => {
    clearTimeout(retry);
    mine.close();
    if (source === mine) source = undefined;
  };
  mine.addEventListener("open", () => {
    setState("live");
    if (wasLost) tell({ kind: "resync" });
    wasLost = false;
  });
  mine.addEventListener("error", () => {
    wasLost = true;
    setState("lost");
    // Where something answered, but not with events (a proxy's 502, a 401), the browser gives up: we do not.
    if (mine.readyState === EventSource.CLOSED)
      retry = setTimeout(() => {
        if (source !== mine) return;
        close = connectLive(next);
        setState("lost");
        tell({ kind: "resync" });
      }, RETRY_MS);
  });
  mine.addEventListener("resync", () => tell({ kind: "resync" }));
  for (const kind of TOPICS)
    mine.addEventListener(kind, (event) => {
      const ids = readIds((event as MessageEvent<unknown>).data);
      if (ids.length) tell({ kind, ids });
    });
  return () => close();
}

/** As of now, for what asks by itself where nobody tells it. */
export const isLive = (): boolean => state === "live";

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (watch) => {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
    () => state,
  );
}

/** Calls `react` for each event while the component is shown. */
export function useLive(react: Listener): void {
  const latest = useRef(react);
  useEffect(() => {
    latest.current = react;
  });
  useEffect(() => {
    const listener: Listener = (event) => latest.current(event);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
}
