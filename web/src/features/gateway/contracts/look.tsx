import { FileCheck, FileDiff, FileQuestion, GraduationCap, type LucideIcon } from "lucide-react";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import type { Change, Contract } from "./queries";

const STATUS: Record<Contract["status"], { tone: "ok" | "warn" | "bad" | "quiet" | "accent"; icon: LucideIcon; word: string; what: string }> = {
  drifted: { tone: "bad", icon: FileDiff, word: "drifted", what: "What the tool says or answers is not what was pinned" },
  ready: { tone: "accent", icon: FileQuestion, word: "ready to pin", what: "Enough traffic was seen to pin its shapes" },
  learning: { tone: "quiet", icon: GraduationCap, word: "learning", what: "Shapes are inferred from traffic" },
  pinned: { tone: "ok", icon: FileCheck, word: "pinned", what: "Each exchange is held against it" },
};

export function StatusBadge({ contract }: { contract: Contract }) {
  const { tone, icon: Icon, word, what } = STATUS[contract.status];
  return (
    <Badge tone={tone} title={what}>
      <Icon aria-hidden /> {word}
    </Badge>
  );
}

export const MODE_WORDS: Record<Contract["mode"], string> = {
  observe: "only noted",
  enforce: "enforced",
};

/** What differs, a line each: before struck out, after beside it, and whether readers can fail on it. */
export function Changes({ changes, label }: { changes: readonly Change[]; label: string }) {
  return (
    <ul aria-label={label} className="flex flex-col">
      {changes.map((change) => (
        <li key={`${change.path} ${change.what}`} className="grid gap-x-3 gap-y-0.5 border-t border-line py-1.5 text-xs first:border-t-0 md:grid-cols-[minmax(8rem,1fr)_minmax(0,2fr)]">
          <span className="flex min-w-0 items-center gap-2">
            <code className="truncate font-mono text-2xs" title={change.path}>
              {change.path || "the whole"}
            </code>
            {change.breaking ? (
              <Badge tone="bad" title="A reader that relies on it can fail">
                breaks readers
              </Badge>
            ) : null}
          </span>
          <span className="min-w-0 break-words">
            <span className="text-muted">{change.what}</span>{" "}
            {change.before ? <del className="rounded bg-bad-soft px-0.5 font-mono text-2xs text-bad">{change.before}</del> : null} {change.after ? <ins className={cx("rounded bg-ok-soft px-0.5 font-mono text-2xs text-ok no-underline")}>{change.after}</ins> : null}
          </span>
        </li>
      ))}
    </ul>
  );
}
