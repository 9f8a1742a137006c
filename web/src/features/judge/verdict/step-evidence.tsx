import { cx } from "@/ui/classes";
import type { Mark } from "./evidence";
import { FindingIcon } from "./findings";

/** What was found in the step that is shown, quoted; the quotes are marked in the text below too. */
export function StepEvidence({ marks, focus, onFocus }: { marks: readonly Mark[]; focus: string | undefined; onFocus: (mark: string) => void }) {
  if (marks.length === 0) return null;
  return (
    <ul aria-label="Found here" data-quote className="flex flex-col gap-1.5">
      {marks.map(({ name, finding, evidence }) => (
        <li key={name}>
          <button
            type="button"
            aria-pressed={name === focus}
            onClick={() => onFocus(name)}
            className={cx("w-full rounded-lg border-l-2 px-3 py-2 text-left text-xs", finding.suspicious ? "border-bad-mark bg-bad-soft" : "border-line-strong bg-hover")}
          >
            <span className="flex items-center gap-1.5 font-semibold">
              <FindingIcon finding={finding} /> {finding.title}
            </span>
            <span className="mt-0.5 block">{finding.reason}</span>
            {evidence.excerpt ? <span className="mt-1 block font-mono text-2xs leading-4 [overflow-wrap:anywhere]">“{evidence.excerpt}”</span> : null}
          </button>
        </li>
      ))}
    </ul>
  );
}
