import { useSyncExternalStore } from "react";
import { absolute, absoluteWithZone, age, UNKNOWN, zone } from "./format";

/** One clock for all relative times, so that a list of 10,000 does not hold 10,000 timers. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = new Date();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = new Date();
    listeners.forEach((each) => each());
  }, 10_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** "4 m ago", with the absolute time and its zone on hover. */
export function Ago({ at, className }: { at: string | null | undefined; className?: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  if (!at) return <span title="Unknown">{UNKNOWN}</span>;
  const date = new Date(at);
  const latest = Date.now() > current.getTime() + 10_000 || date > current ? new Date() : current;
  return (
    <time dateTime={at} title={absoluteWithZone(date)} className={className}>
      {age(date, latest)}
    </time>
  );
}

/** Local date, time and zone; UTC on hover. */
export function Instant({ at, className }: { at: string | null | undefined; className?: string }) {
  if (!at) return <span title="Unknown">{UNKNOWN}</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={date.toISOString()} className={className}>
      {absolute(date)} <span className="text-faint">{zone(date)}</span>
    </time>
  );
}
