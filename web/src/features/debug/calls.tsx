import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { cx } from "@/ui/classes";
import { Failed, SkeletonRows } from "@/ui/states";
import { DiffText } from "./diff-text";
import { HowBadge, howWords } from "./look";
import { rerunCallsQuery, tapeQuery } from "./queries";
import type { RerunCall } from "./types";

/** Each call a rerun made: what was asked, who answered, and why not the recording where it did not. */
export function Calls({ project, inquiryId, runId, number }: { project: string; inquiryId: string; runId: string; number: number }) {
  const calls = useQuery(rerunCallsQuery(project, inquiryId, number));
  const tape = useQuery(tapeQuery(project, runId));
  const [only, setOnly] = useState<string>();
  if (calls.isError) return <Failed what="The calls" error={calls.error} retry={() => void calls.refetch()} />;
  if (calls.isPending) return <SkeletonRows rows={4} height={36} />;
  const items = calls.data.items;
  if (!items.length) return <p className="p-4 text-xs text-muted">It asked nothing of models or tools.</p>;
  const hows = [...new Set(items.map((each) => each.how))];
  const shown = only ? items.filter((each) => each.how === only) : items;
  return (
    <>
      {hows.length > 1 ? (
        <div className="flex flex-wrap gap-1.5 border-b border-line px-4 py-2" role="group" aria-label="How calls were answered">
          {hows.map((how) => (
            <button key={how} type="button" aria-pressed={only === how} onClick={() => setOnly(only === how ? undefined : how)} className={cx("inline-flex min-h-6 items-center gap-1.5 rounded border px-2 text-2xs", only === how ? "border-accent text-accent" : "border-line text-muted hover:text-text")}>
              <span className="num font-medium">{items.filter((each) => each.how === how).length}</span> {howWords(how)}
            </button>
          ))}
        </div>
      ) : null}
      <ol aria-label="Calls of the rerun">
        {shown.map((each, at) => (
          <Call key={at} call={each} number={items.indexOf(each) + 1} said={FROM_TAPE.has(each.how) ? tape.data?.steps.find(({ step }) => step === each.step)?.answer : null} />
        ))}
      </ol>
    </>
  );
}

/** How a call is answered where it gets the recorded answer. */
const FROM_TAPE = new Set(["recorded", "dated"]);

function Call({ call, number, said }: { call: RerunCall; number: number; said: string | null | undefined }) {
  const [open, setOpen] = useState(call.how === "miss");
  const more = Boolean(call.diff);
  const head = (
    <>
      <span className="num w-6 shrink-0 text-right text-2xs text-faint">{number}</span>
      <span className="min-w-0 flex-1">
        <span className="flex min-w-0 items-baseline gap-3 text-xs">
          <span className="truncate font-medium">{call.target || call.kind}</span>
          {said ? <span className="hidden min-w-0 flex-1 truncate font-mono text-2xs text-muted sm:inline">{said}</span> : null}
        </span>
        {call.note ? <span className="block text-2xs text-muted">{call.note}</span> : null}
      </span>
      {call.step ? <span className="num text-2xs whitespace-nowrap text-muted">step {call.step}</span> : null}
      <HowBadge how={call.how} />
    </>
  );
  return (
    <li className="border-t border-line first:border-t-0">
      {more ? (
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex min-h-9 w-full items-center gap-3 px-4 py-1.5 text-left hover:bg-hover">
          {head}
          <ChevronRight className={cx("size-3.5 shrink-0 text-faint transition-transform", open && "rotate-90")} aria-hidden />
        </button>
      ) : (
        <div className="flex min-h-9 items-center gap-3 px-4 py-1.5 pr-[2.625rem]">{head}</div>
      )}
      {call.diff && open ? (
        <div className="px-4 pb-3 pl-13">
          <DiffText text={call.diff} label={`What call ${number} asked, against the recording`} />
        </div>
      ) : null}
    </li>
  );
}
