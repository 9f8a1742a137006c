import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { Card } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { duration, money, percent, plural } from "@/ui/format";
import { KindIcon } from "@/ui/kinds";
import { SkeletonRows } from "@/ui/states";
import { Answers } from "../answers";
import { Calls } from "../calls";
import { Facts, Sentences } from "../facts";
import { bisectFinding } from "../finding";
import { changeWords } from "../fork/change-words";
import { tapeQuery } from "../queries";
import { Rerun } from "../reruns";
import type { Inquiry, TapeStep } from "../types";
import { Verdict } from "../verdict";
import { checkWords } from "../words";
import { flipOf } from "./layout";
import { Picture, type PictureStep } from "./picture";

interface BisectViewProps {
  project: string;
  inquiry: Inquiry;
  chosen: number | undefined;
  onRerun: (number: number | undefined) => void;
  step: number | undefined;
  onStep: (step: number | undefined) => void;
}

/** What was tried, what flipped, how sure, what it cost: a picture that grows while it works. */
export function BisectView({ project, inquiry, chosen, onRerun, step, onStep }: BisectViewProps) {
  const tape = useQuery(tapeQuery(project, inquiry.run_id));
  const found = bisectFinding(inquiry);
  const at = found?.step ?? null;
  const steps = useMemo<PictureStep[]>(() => tape.data?.steps ?? Array.from({ length: inquiry.steps }, (_, place) => ({ step: place + 1, kind: "model", target: "" })), [tape.data, inquiry.steps]);
  const flip = flipOf(inquiry.reruns);
  const rerun = inquiry.reruns.find((each) => each.number === chosen);
  const looked = tape.data?.steps.find((each) => each.step === (step ?? at));
  const spent = inquiry.reruns.filter((each) => each.state === "done");
  const sum = (of: (each: (typeof spent)[number]) => number) => spent.reduce((all, each) => all + of(each), 0);
  return (
    <>
      <Card className="p-4">
        <div className="flex flex-col gap-3">
          {found && found.state !== "unsure" ? <Verdict inquiry={inquiry} large /> : <p className="text-lg font-semibold tracking-[-0.01em] text-muted">{inquiry.state === "running" ? "Looking for the step" : <Verdict inquiry={inquiry} large />}</p>}
          {found?.confirmed === true ? (
            <p>
              <Badge tone="ok">confirmed: that step alone put right, it succeeds</Badge>
            </p>
          ) : found?.confirmed === false ? (
            <p>
              <Badge tone="warn">not confirmed: that step alone put right is not enough</Badge>
            </p>
          ) : null}
          {found ? <Sentences sentences={found.sentences} /> : null}
          <Facts
            facts={[
              ["reruns", `${spent.length}${inquiry.budget.reruns ? ` of at most ${inquiry.budget.reruns}` : ""}`],
              ["really asked", plural(sum((each) => each.asked), "call")],
              ["cost", `${money(sum((each) => each.cost_usd))}${inquiry.budget.usd ? ` of at most ${money(inquiry.budget.usd)}` : ""}`],
              ["time of the agent", duration(sum((each) => each.elapsed_ms))],
              ["sure to", percent(inquiry.confidence)],
            ]}
          />
          <p className="text-2xs text-muted">
            Succeeds when the answer {checkWords(inquiry.check)}; put right {inquiry.good_run ? (
              <>
                from{" "}
                <Link to="/runs/$runId" params={{ runId: inquiry.good_run }} className="link">
                  a good run
                </Link>
              </>
            ) : inquiry.live_model ? (
              `by ${inquiry.live_model}`
            ) : inquiry.changes.length ? (
              inquiry.changes.map(changeWords).join(" ")
            ) : (
              "by asking again"
            )}
            .
          </p>
        </div>
      </Card>
      <Card>
        <Picture steps={steps} reruns={inquiry.reruns} mass={found?.mass} found={at} sure={found?.state === "sure"} chosen={step} onStep={(next) => onStep(next === step ? undefined : next)} rerun={chosen} onRerun={(next) => onRerun(next === chosen ? undefined : next)} />
      </Card>
      {tape.isPending ? <SkeletonRows rows={2} height={48} /> : looked ? <StepCard runId={inquiry.run_id} step={looked} isFound={looked.step === at} share={found?.mass[looked.step]} /> : null}
      {flip?.failed ? (
        <section>
          <h2 className="mb-2 text-sm font-semibold">What flipped</h2>
          <Card>
            <Answers left={flip.failed.answer} right={flip.passed.answer} leftTitle={`Put right from step ${flip.failed.switch ?? "?"} on: it fails`} rightTitle={`Put right from step ${flip.passed.switch ?? "?"} on: it succeeds`} />
          </Card>
        </section>
      ) : null}
      {rerun ? (
        <>
          <Rerun rerun={rerun} checked />
          {rerun.state === "done" ? (
            <Card>
              <Calls project={project} inquiryId={inquiry.id} number={rerun.number} />
            </Card>
          ) : null}
        </>
      ) : inquiry.reruns.length ? (
        <p className="text-2xs text-muted">Choose a rerun in the picture to see how each of its calls was answered.</p>
      ) : null}
    </>
  );
}

function StepCard({ runId, step, isFound, share }: { runId: string; step: TapeStep; isFound: boolean; share: number | undefined }) {
  return (
    <Card className="p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="flex items-center gap-2 text-sm font-semibold">
          <KindIcon kind={step.kind === "model" ? "llm" : "tool"} className="size-4" /> Step {step.step}: {step.target}
        </h2>
        {isFound ? <Badge tone="accent">the step</Badge> : null}
        {share === undefined ? null : <span className="num text-xs text-muted">{percent(share)} likely</span>}
        <Link to="/runs/$runId" params={{ runId }} search={step.span_id ? { span: step.span_id } : { pane: "recordings", call: step.exchange_id }} className="link ml-auto min-h-6 text-xs leading-6">
          Open it in the run
        </Link>
      </div>
      <dl className="mt-3 grid gap-3 text-xs md:grid-cols-2">
        <div className="min-w-0">
          <dt className="text-2xs text-muted">Asked</dt>
          <dd className="line-clamp-6 [overflow-wrap:anywhere] whitespace-pre-wrap">{step.request ?? <span className="text-faint">not recorded</span>}</dd>
        </div>
        <div className="min-w-0">
          <dt className="text-2xs text-muted">Answered, as recorded</dt>
          <dd className="line-clamp-6 [overflow-wrap:anywhere] whitespace-pre-wrap">{step.hole ?? step.answer ?? <span className="text-faint">nothing</span>}</dd>
        </div>
      </dl>
    </Card>
  );
}
