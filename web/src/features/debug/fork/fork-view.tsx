import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import { Card } from "@/features/settings/section";
import { buttonClass } from "@/ui/button";
import { Failed, SkeletonRows } from "@/ui/states";
import { Answers } from "../answers";
import { Calls } from "../calls";
import { Sentences } from "../facts";
import { forkFinding } from "../finding";
import { recordedComparisonQuery } from "../queries";
import { Rerun, RerunPicker } from "../reruns";
import type { Inquiry } from "../types";
import { Verdict } from "../verdict";
import { changeWords } from "./change-words";
import { SideBySide } from "./side-by-side";

interface ForkViewProps {
  project: string;
  inquiry: Inquiry;
  chosen: number | undefined;
  onRerun: (number: number | undefined) => void;
  step: number | undefined;
  onStep: (step: number | undefined) => void;
}

/** What was changed, what came of it, and both runs side by side. */
export function ForkView({ project, inquiry, chosen, onRerun, step, onStep }: ForkViewProps) {
  const rerun = inquiry.reruns.find((each) => each.number === chosen) ?? inquiry.reruns.find((each) => each.state === "done") ?? inquiry.reruns[0];
  const found = forkFinding(inquiry);
  const other = rerun?.state === "done" ? rerun.run_id : null;
  const compared = useQuery({ ...recordedComparisonQuery(project, inquiry.run_id, other ?? ""), enabled: other !== null });
  return (
    <>
      <Card className="p-4">
        <ul className="mb-3 flex flex-col gap-1 text-xs">
          {inquiry.changes.map((change, at) => (
            <li key={at}>{changeWords(change)}</li>
          ))}
          {inquiry.good_run ? (
            <li>
              From step {inquiry.fork_at} on{" "}
              <Link to="/runs/$runId" params={{ runId: inquiry.good_run }} className="link">
                a good run
              </Link>{" "}
              answers first.
            </li>
          ) : null}
          <li className="text-muted">{AFTER[inquiry.after]}{inquiry.live_tools.length ? ` Tools that could really be called: ${inquiry.live_tools.join(", ")}.` : ""}</li>
        </ul>
        <Verdict inquiry={inquiry} large />
        {found ? (
          <div className="mt-3">
            <Sentences sentences={found.sentences} but={rerun?.notes ?? []} />
          </div>
        ) : (
          <p className="text-sm text-muted">{inquiry.state === "running" ? "The agent has not ended yet." : "It ended before any rerun did."}</p>
        )}
      </Card>
      {rerun?.state === "done" ? (
        <section>
          <h2 className="mb-2 text-sm font-semibold">Answers</h2>
          <Card>
            <Answers left={inquiry.output} right={rerun.answer} leftTitle="As recorded" rightTitle="Forked" />
          </Card>
        </section>
      ) : null}
      <RerunPicker reruns={inquiry.reruns} chosen={rerun?.number} onChoose={onRerun} />
      {rerun ? <Rerun rerun={rerun} checked={inquiry.check !== null} /> : null}
      {rerun && other ? (
        <section>
          <div className="mb-2 flex flex-wrap items-center gap-3">
            <h2 className="text-sm font-semibold">Step by step</h2>
            <Link to="/runs/$runId/compare/$otherId" params={{ runId: inquiry.run_id, otherId: other }} className={`${buttonClass()} ml-auto`}>
              <GitCompareArrows className="size-3.5 text-muted" aria-hidden /> Compare as runs
            </Link>
          </div>
          <Card>
            {compared.isError ? (
              <Failed what="The comparison" error={compared.error} retry={() => void compared.refetch()} />
            ) : compared.isPending ? (
              <SkeletonRows rows={6} height={36} />
            ) : (
              <SideBySide comparison={compared.data} forkAt={inquiry.fork_at} chosen={step} onStep={onStep} leftRun={inquiry.run_id} rightRun={other} />
            )}
          </Card>
        </section>
      ) : null}
      {rerun?.state === "done" ? (
        <section>
          <h2 className="mb-2 text-sm font-semibold">Who answered each call</h2>
          <Card>
            <Calls project={project} inquiryId={inquiry.id} runId={inquiry.run_id} number={rerun.number} />
          </Card>
        </section>
      ) : null}
    </>
  );
}

const AFTER = {
  recorded: "Behind it: the recording alone.",
  mixed: "Behind it: the recording where it holds what is asked, models for the rest.",
  live: "Behind it: models for real.",
} as const;
