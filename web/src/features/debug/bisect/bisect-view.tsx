import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { Card } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { percent } from "@/ui/format";
import { KindIcon } from "@/ui/kinds";
import { SkeletonRows } from "@/ui/states";
import { Answers } from "../answers";
import { Calls } from "../calls";
import { bisectFinding } from "../finding";
import { tapeQuery } from "../queries";
import { Rerun } from "../reruns";
import type { Inquiry, TapeStep } from "../types";
import { Head } from "./head";
import { flipOf, massOf, peakOf, type Uncounted } from "./layout";
import { Picture, type PictureStep } from "./picture";

interface BisectViewProps {
  project: string;
  inquiry: Inquiry;
  chosen: number | undefined;
  onRerun: (number: number | undefined) => void;
  step: number | undefined;
  onStep: (step: number | undefined) => void;
}

const NONE: readonly number[] = [];

/** What was tried, what flipped, how sure, what it cost: a picture that grows while it works. */
export function BisectView({ project, inquiry, chosen, onRerun, step, onStep }: BisectViewProps) {
  const tape = useQuery(tapeQuery(project, inquiry.run_id));
  const found = bisectFinding(inquiry);
  const at = found?.step ?? null;
  const steps = useMemo<PictureStep[]>(() => tape.data?.steps ?? Array.from({ length: inquiry.steps }, (_, place) => ({ step: place + 1, kind: "model", target: "" })), [tape.data, inquiry.steps]);
  const uncounted = useMemo<Uncounted>(() => new Map(found?.tried.flatMap(({ number, why }) => (why ? [[number, why] as const] : []))), [found]);
  const sure = found?.state === "sure";
  // Of several steps as likely as each other none is the one.
  const marked = at !== null && (sure || peakOf(massOf(found?.mass, steps.length))?.steps.length === 1) ? at : null;
  const flip = flipOf(inquiry.reruns, uncounted);
  const rerun = inquiry.reruns.find((each) => each.number === chosen);
  const looked = tape.data?.steps.find((each) => each.step === (step ?? marked));
  return (
    <>
      <Head inquiry={inquiry} />
      <Card>
        <Picture steps={steps} reruns={inquiry.reruns} mass={found?.mass} credible={found && !sure ? found.credible : NONE} level={found?.level ?? inquiry.confidence} uncounted={uncounted} found={marked} sure={sure} chosen={step} onStep={(next) => onStep(next === step ? undefined : next)} rerun={chosen} onRerun={(next) => onRerun(next === chosen ? undefined : next)} />
      </Card>
      {tape.isPending ? <SkeletonRows rows={2} height={48} /> : looked ? <StepCard runId={inquiry.run_id} step={looked} isFound={looked.step === marked} sure={sure} share={found?.mass[looked.step]} /> : null}
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
          <Rerun rerun={rerun} checked uncounted={uncounted} />
          {rerun.state === "done" ? (
            <Card>
              <Calls project={project} inquiryId={inquiry.id} runId={inquiry.run_id} number={rerun.number} />
            </Card>
          ) : null}
        </>
      ) : inquiry.reruns.length ? (
        <p className="text-2xs text-muted">Choose a rerun in the picture to see how each of its calls was answered.</p>
      ) : null}
    </>
  );
}

function StepCard({ runId, step, isFound, sure, share }: { runId: string; step: TapeStep; isFound: boolean; sure: boolean; share: number | undefined }) {
  return (
    <Card className="p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="flex items-center gap-2 text-sm font-semibold">
          <KindIcon kind={step.kind === "model" ? "llm" : "tool"} className="size-4" /> Step {step.step}: {step.target}
        </h2>
        {isFound ? <Badge tone={sure ? "accent" : "quiet"}>{sure ? "the step" : "the likeliest so far"}</Badge> : null}
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
