import { cx } from "@/ui/classes";
import type { Piece } from "./timing";

const LOOKS: Record<Piece["look"], string> = {
  queued: "border border-line-strong bg-transparent",
  waiting: "bg-line-strong",
  answering: "bg-accent",
  failed: "bg-bad-mark [background-image:repeating-linear-gradient(135deg,transparent_0_2px,var(--surface)_2px_4px)]",
};

/** What a call spent its time on, on the line of all calls of the run. */
export function CallBar({ pieces, label }: { pieces: readonly Piece[]; label: string }) {
  return (
    <span role="img" aria-label={label} className="relative block h-2.5 w-full">
      <span className="absolute inset-x-0 top-1/2 h-px bg-line" />
      {pieces.map((piece, index) => (
        <span key={index} title={piece.title} className={cx("absolute top-0 h-2.5 rounded-[2px]", LOOKS[piece.look])} style={{ left: `${piece.left * 100}%`, width: `min(${piece.width * 100}%, ${(1 - piece.left) * 100}%)`, minWidth: 2 }} />
      ))}
    </span>
  );
}

export function CallLegend() {
  const entries: [Piece["look"], string][] = [
    ["queued", "queued"],
    ["waiting", "until the first byte"],
    ["answering", "answering"],
    ["failed", "a try that failed"],
  ];
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-2xs text-muted" aria-label="Legend">
      {entries.map(([look, word]) => (
        <li key={look} className="flex items-center gap-1.5">
          <span aria-hidden className={cx("inline-block h-2.5 w-4 rounded-[2px]", LOOKS[look])} /> {word}
        </li>
      ))}
    </ul>
  );
}
