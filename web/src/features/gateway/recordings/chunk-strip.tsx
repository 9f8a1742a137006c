import { bytes, count, duration } from "@/ui/format";
import type { RecordedMessage } from "./queries";
import { longestGap } from "./timing";

const MOST = 600;
const WIDTH = 600;
const HEIGHT = 28;

/** When each chunk of a body came: a line for each, as high as it is large. */
export function ChunkStrip({ message, elapsedMs }: { message: RecordedMessage; elapsedMs: number }) {
  const { chunks } = message;
  if (chunks.length < 2) return null;
  const whole = Math.max(elapsedMs, chunks[chunks.length - 1]?.at_ms ?? 0, 1);
  const largest = Math.max(...chunks.map((chunk) => chunk.bytes), 1);
  const step = Math.ceil(chunks.length / MOST);
  const shown = chunks.filter((_, at) => at % step === 0);
  const gap = longestGap(chunks);
  const first = chunks[0]?.at_ms ?? 0;
  const said = `${count(chunks.length)} chunks, the first after ${duration(first)}, the last after ${duration(chunks[chunks.length - 1]?.at_ms)}${gap ? `, the longest silence ${duration(gap.lengthMs)}` : ""}`;
  return (
    <figure className="flex flex-col gap-1">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-7 w-full rounded border border-line bg-sunken" role="img" aria-label={said}>
        {gap && gap.lengthMs > whole * 0.05 ? <rect x={(gap.atMs / whole) * WIDTH} width={(gap.lengthMs / whole) * WIDTH} y={0} height={HEIGHT} className="fill-warn-soft" /> : null}
        {shown.map((chunk, at) => {
          const height = Math.max(4, (Math.sqrt(chunk.bytes) / Math.sqrt(largest)) * (HEIGHT - 4));
          const x = (chunk.at_ms / whole) * (WIDTH - 2) + 1;
          return (
            <line key={at} x1={x} x2={x} y1={HEIGHT} y2={HEIGHT - height} className="stroke-accent" strokeWidth={1.5} vectorEffect="non-scaling-stroke">
              <title>{`${bytes(chunk.bytes)} after ${duration(chunk.at_ms)}`}</title>
            </line>
          );
        })}
      </svg>
      <figcaption className="num flex justify-between text-2xs text-muted">
        <span>0</span>
        <span>{said}</span>
        <span>{duration(whole)}</span>
      </figcaption>
    </figure>
  );
}
