import { useSyncExternalStore } from "react";
import { absolute, absoluteWithZone, age, UNKNOWN, zone } from "./format";

/** One clock for all relative times, so that a list of 10,000 does not hold 10,000 timers. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = new Date();

/** The shared clock; told anew when the first list starts to look, so that it is never long behind. */
function read(): Date {
  if (listeners.size === 0 && Date.now() - now.getTime() > 1000) now = new Date();
  return now;
}

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
  const current = useSyncExternalStore(subscribe, read);
  if (!at) return <span title="Unknown">{UNKNOWN}</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={absoluteWithZone(date)} className={className}>
      {age(date, date > current ? date : current)}
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

/** Unix ms at the end of this minute: a "now" that stays the same while the page is drawn again. */
export function useMinute(): number {
  return useSyncExternalStore(subscribe, minute);
}

const minute = () => Math.ceil(read().getTime() / 60_000) * 60_000;
