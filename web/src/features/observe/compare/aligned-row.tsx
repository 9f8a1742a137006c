import { Equal, Minus, Plus, Split, TriangleAlert } from "lucide-react";
import type { AlignedStep, Span } from "@/client/types";
import { cx } from "@/ui/classes";
import { duration } from "@/ui/format";
import { KindIcon } from "@/ui/kinds";
import { titleOf } from "../run/step-row";
import { isBad } from "../run/tree";

interface AlignedRowProps {
  step: AlignedStep;
  number: number;
  height: number;
  top: number;
  first: boolean;
  chosen: boolean;
  onChoose: () => void;
}

const RELATIONS = {
  same: { icon: Equal, word: "same", tone: "text-faint" },
  changed: { icon: TriangleAlert, word: "differs", tone: "text-warn" },
  only_left: { icon: Minus, word: "only left", tone: "text-bad" },
  only_right: { icon: Plus, word: "only right", tone: "text-ok" },
} as const;

export function AlignedRow({ step, number, height, top, first, chosen, onChoose }: AlignedRowProps) {
  const { icon: Icon, word, tone } = RELATIONS[step.relation];
  const differs = step.relation === "changed" ? step.differs.join(", ") : word;
  return (
    <li className="absolute inset-x-0" style={{ height, transform: `translateY(${top}px)` }}>
      {first ? (
        <span className="absolute -top-2 left-1/2 z-1 flex h-4 -translate-x-1/2 items-center gap-1 rounded-full bg-bad-soft px-2 text-2xs font-medium whitespace-nowrap text-bad">
          <Split className="size-3" aria-hidden /> they part here
        </span>
      ) : null}
      <button
        type="button"
        onClick={onChoose}
        aria-pressed={chosen}
        className={cx(
          "grid h-full w-full grid-cols-[2.5rem_1fr_9rem_1fr] items-center border-b text-left text-xs",
          first ? "border-t-2 border-t-bad-mark border-b-line" : "border-line",
          chosen ? "bg-selected" : "hover:bg-hover",
        )}
      >
        <span className="num pl-4 text-2xs text-faint">{number}</span>
        <Side span={step.left} />
        <span className={cx("flex items-center justify-center gap-1.5 text-2xs", tone)}>
          <Icon className="size-3.5 shrink-0" aria-hidden />
          <span className="truncate">{differs}</span>
        </span>
        <Side span={step.right} />
      </button>
    </li>
  );
}

function Side({ span }: { span: Span | null }) {
  if (!span) return <span className="h-full bg-[repeating-linear-gradient(135deg,transparent_0_5px,var(--line)_5px_6px)] opacity-60" />;
  return (
    <span className="flex min-w-0 items-center gap-2 px-3">
      <KindIcon kind={span.kind} />
      <span className={cx("truncate", isBad(span) && "text-bad")}>{titleOf(span)}</span>
      {isBad(span) ? <span className="text-2xs text-bad">error</span> : null}
      <span className="num ml-auto shrink-0 text-2xs text-muted">{duration(span.duration_ms)}</span>
    </span>
  );
}
