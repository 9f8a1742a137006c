import type { ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import { filterText } from "@/features/observe/filters";
import { Badge, OutcomeBadge } from "@/ui/badges";
import { money, UNKNOWN } from "@/ui/format";
import { Instant } from "@/ui/time";
import type { Finding, GivenScore, ModeWord, Said, Verdict } from "../types";
import { CalibrationView } from "./calibration";
import { FindingCards } from "./findings";
import { sourceWords } from "./outcome-line";

interface DetailsProps {
  verdict: Verdict;
  findings: readonly Finding[];
  onEvidence: (spanId: string | undefined, mark: string) => void;
  onSelect: (spanId: string) => void;
  titleOf: (spanId: string) => string | undefined;
}

/** All that is behind a verdict: every finding, every word on the outcome, every score, the calibration. */
export function Details({ verdict, findings, onEvidence, onSelect, titleOf }: DetailsProps) {
  const counted = verdict.said.findLast((word) => word.source === verdict.outcome_source && word.outcome === verdict.outcome);
  return (
    <div role="region" aria-label="Verdict in full" tabIndex={0} className="grid max-h-[44vh] gap-x-8 gap-y-5 overflow-y-auto border-t border-line bg-canvas px-4 py-4 md:px-5 lg:grid-cols-[minmax(0,1.3fr)_minmax(0,1fr)_20rem]">
      <Column title={`Found (${findings.length})`}>
        {findings.length ? <FindingCards findings={findings} onEvidence={onEvidence} titleOf={titleOf} /> : <p className="text-xs text-muted">No detector found anything. That is no proof of success.</p>}
      </Column>
      <div className="flex flex-col gap-5">
        <Column title={`Said of the outcome (${verdict.said.length})`}>
          {verdict.said.length ? (
            <ul className="flex flex-col gap-2">
              {[...verdict.said].reverse().map((word, index) => (
                <Word key={index} word={word} counts={word === counted} />
              ))}
            </ul>
          ) : (
            <p className="text-xs text-muted">Nobody has said yet whether the task succeeded.</p>
          )}
        </Column>
        {verdict.modes.length ? (
          <Column title="Ways in which it failed">
            <Modes words={verdict.modes} onSelect={onSelect} />
          </Column>
        ) : null}
        <Column title={`Scores (${verdict.scores.length})`}>
          {verdict.scores.length ? (
            <ul>
              {verdict.scores.map((score, index) => (
                <ScoreLine key={index} score={score} onSelect={onSelect} />
              ))}
            </ul>
          ) : (
            <p className="text-xs text-muted">No evaluator and no judge has looked at it.</p>
          )}
        </Column>
      </div>
      <Column title="p(failure)">
        {verdict.calibration && verdict.p_failure !== null ? <CalibrationView verdict={verdict} calibration={verdict.calibration} /> : <p className="text-xs text-muted">Unknown: it is only shown with its calibration, and there is none yet.</p>}
      </Column>
    </div>
  );
}

function Column({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h2 className="mb-2 text-xs font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Word({ word, counts }: { word: Said; counts: boolean }) {
  return (
    <li className="text-xs">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
        <OutcomeBadge outcome={word.outcome} />
        <span>
          {sourceWords(word.source)}
          {word.author ? ` (${word.author})` : ""}
        </span>
        {counts ? <Badge tone="accent" title="By the project's order of precedence">counts</Badge> : null}
        <Instant at={word.at} className="ml-auto text-2xs text-muted" />
      </p>
      {word.reason ? <p className="mt-0.5 text-muted">{word.reason}</p> : null}
    </li>
  );
}

/** Each failure mode once, with all who name it. */
function Modes({ words, onSelect }: { words: readonly ModeWord[]; onSelect: (spanId: string) => void }) {
  return (
    <ul>
      {[...new Set(words.map((word) => word.mode))].map((mode) => {
        const named = words.filter((word) => word.mode === mode);
        return (
          <li key={mode} className="border-b border-line py-1.5 text-xs last:border-0">
            <Link to="/runs" search={{ filter: [filterText("modes", "eq", mode)] }} title={`Runs that failed this way: ${mode}`} className="inline-flex min-h-6 items-center hover:underline">
              <Badge>{named[0]?.mode_name ?? mode}</Badge>
            </Link>
            <ul>
              {named.map((word, index) => (
                <li key={index} className="mt-0.5 text-muted" title={word.reason ?? undefined}>
                  {namedBy(word)}
                  {word.at ? <> · <Instant at={word.at} className="text-2xs" /></> : null}
                  {word.span_id ? (
                    <button type="button" className="ml-2 inline-flex min-h-6 items-center rounded link" onClick={() => onSelect(word.span_id ?? "")}>
                      its step
                    </button>
                  ) : null}
                </li>
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}

const namedBy = (word: ModeWord) => (word.source === "detector" ? `the detector ${word.name.replaceAll("_", " ")}` : `${sourceWords(word.source)}${word.source === "judge" ? ` ${word.name}` : ""}${word.author ? ` (${word.author})` : ""}`);

const valueOf = (score: GivenScore) => [score.value === null ? "" : String(Math.round(score.value * 1000) / 1000), score.label ?? ""].filter(Boolean).join(" · ") || UNKNOWN;

function ScoreLine({ score, onSelect }: { score: GivenScore; onSelect: (spanId: string) => void }) {
  const { span_id } = score;
  return (
    <li className="border-b border-line py-1.5 text-xs last:border-0">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
        <span className="font-medium">{score.name}</span>
        <span className="num">{valueOf(score)}</span>
        {score.source ? (
          <Badge title={[score.author ?? "", score.evaluator_version ? `version ${score.evaluator_version}` : ""].filter(Boolean).join(", ") || undefined}>
            {score.source}
            {score.evaluator_version ? ` ${score.evaluator_version}` : ""}
          </Badge>
        ) : null}
        {score.sampled != null ? <span className="text-2xs text-muted" title="Drawn at random with this probability: it may feed a monitor">drawn p {score.sampled}</span> : null}
        {score.cost_usd != null ? <span className="num text-2xs text-muted" title="What judging cost">{money(score.cost_usd)}</span> : null}
        {span_id ? (
          <button type="button" className="ml-auto inline-flex min-h-6 items-center rounded link" onClick={() => onSelect(span_id)}>
            its step
          </button>
        ) : null}
      </p>
      {score.explanation ? <p className="mt-0.5 text-muted">{score.explanation}</p> : null}
    </li>
  );
}
