import { Card } from "@/features/settings/section";
import { duration, money } from "@/ui/format";
import { Answers } from "../answers";
import { Calls } from "../calls";
import { DiffText } from "../diff-text";
import { Facts, Sentences } from "../facts";
import { replayFinding } from "../finding";
import { Rerun, RerunPicker } from "../reruns";
import type { Inquiry } from "../types";
import { Verdict } from "../verdict";

interface ReplayViewProps {
  project: string;
  inquiry: Inquiry;
  chosen: number | undefined;
  onRerun: (number: number | undefined) => void;
}

/** Identical, or where it first parted; then every call, and who answered it. */
export function ReplayView({ project, inquiry, chosen, onRerun }: ReplayViewProps) {
  const rerun = inquiry.reruns.find((each) => each.number === chosen) ?? inquiry.reruns.find((each) => each.state === "done") ?? inquiry.reruns[0];
  const found = replayFinding(inquiry);
  return (
    <>
      <Card className="p-4">
        {found ? (
          <div className="flex flex-col gap-3">
            <Verdict inquiry={inquiry} large />
            <Sentences sentences={found.sentences} but={rerun?.notes ?? []} />
          </div>
        ) : (
          <p className="text-sm text-muted">{inquiry.state === "running" ? "Nothing is known yet: the agent has not ended." : "It ended before any rerun did."}</p>
        )}
        {rerun?.state === "done" ? (
          <div className="mt-4">
            <Facts
              facts={[
                ["from the recording", rerun.matched],
                rerun.changed > 0 && ["changed", rerun.changed],
                rerun.live > 0 && ["really asked", rerun.live],
                ["not in the recording", rerun.missed],
                ["recorded and not asked", rerun.unused],
                ["took", duration(rerun.elapsed_ms)],
                ["cost", money(rerun.cost_usd)],
              ]}
            />
          </div>
        ) : null}
      </Card>
      {found?.diff ? (
        <section>
          <h2 className="mb-2 text-sm font-semibold">What it asked there, against the recording</h2>
          <DiffText text={found.diff} label="First divergence" />
        </section>
      ) : null}
      {rerun?.state === "done" ? (
        <section>
          <h2 className="mb-2 text-sm font-semibold">Answers</h2>
          <Card>
            <Answers left={inquiry.output} right={rerun.answer} leftTitle="As recorded" rightTitle="Replayed" />
          </Card>
        </section>
      ) : null}
      <RerunPicker reruns={inquiry.reruns} chosen={rerun?.number} onChoose={onRerun} />
      {rerun ? <Rerun rerun={rerun} checked={inquiry.check !== null} /> : null}
      {rerun?.state === "done" ? (
        <section>
          <h2 className="mb-2 text-sm font-semibold">Calls</h2>
          <Card>
            <Calls project={project} inquiryId={inquiry.id} runId={inquiry.run_id} number={rerun.number} />
          </Card>
        </section>
      ) : null}
    </>
  );
}
