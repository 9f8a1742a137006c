import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, ArrowRight, Equal, Scale } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Warning } from "@/ui/badges";
import { Button } from "@/ui/button";
import { Select } from "@/ui/form";
import { money } from "@/ui/format";
import { Popover } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { comparisonsQuery, judgesQuery } from "../queries";
import type { Comparison } from "../types";

interface JudgePairProps {
  project: string;
  left: string;
  right: string;
}

/** Which of two runs did better: a judge is asked in both orders, and what it said before is shown. */
export function JudgePair({ project, left, right }: JudgePairProps) {
  const kept = useQuery(comparisonsQuery(project, left, right));
  const last = kept.data?.items[0];
  return (
    <Popover
      label="Which did better?"
      className="max-h-[70vh] w-[min(28rem,92vw)] overflow-y-auto p-4"
      trigger={
        <Button>
          <Scale className="size-3.5 text-muted" aria-hidden /> {last ? <Preferred one={last} left={left} /> : "Which did better?"}
        </Button>
      }
    >
      <Ask project={project} left={left} right={right} />
      <FailedLine error={kept.error} />
      {kept.data?.items.length ? (
        <ul aria-label="What judges said" className="mt-3">
          {kept.data.items.map((one) => (
            <Said key={one.id} one={one} left={left} />
          ))}
        </ul>
      ) : null}
    </Popover>
  );
}

function Ask({ project, left, right }: JudgePairProps) {
  const client = useQueryClient();
  const judges = useQuery(judgesQuery(project));
  const pairwise = (judges.data?.items ?? []).filter((each) => each.pairwise && each.enabled);
  const [picked, setPicked] = useState<string>();
  const judge = picked ?? pairwise[0]?.id;
  const compare = useMutation({
    mutationFn: (dry: boolean) => dataOf(api.POST("/api/v1/judges/{judge_id}/compare", { params: { path: { judge_id: judge ?? "" }, query: { project } }, body: { run_a: left, run_b: right, question: "", answer_a: "", answer_b: "", dry_run: dry } })),
    onSuccess: (_, dry) => (dry ? undefined : client.invalidateQueries({ queryKey: comparisonsQuery(project, left, right).queryKey })),
  });
  if (judges.isPending) return <div role="status" aria-label="Loading" className="skeleton h-10" />;
  if (pairwise.length === 0)
    return (
      <p className="text-xs text-muted">
        No judge compares two runs yet:{" "}
        <Link to="/settings/$section" params={{ section: "judges" }} search={{ open: "new" }} className="link">
          make one
        </Link>{" "}
        with the rubric “Better of two answers”.
      </p>
    );
  const told = compare.data;
  return (
    <div className="flex flex-col gap-2 text-xs">
      <Select label="Judge" value={judge ?? ""} choices={pairwise.map((each) => ({ value: each.id, label: each.name }))} onChange={(id) => {
        setPicked(id);
        compare.reset();
      }} />
      <p className="text-muted">It is asked twice, with each run shown first once. A preference that turns with the order is none.</p>
      {told && !told.same_request ? <Warning title="Their requests differ">they were asked different things: a preference says little</Warning> : null}
      <FailedLine error={compare.error ?? judges.error} />
      <div className="flex flex-wrap items-center gap-2">
        <Button look="primary" disabled={compare.isPending} onClick={() => compare.mutate(false)}>
          {compare.isPending && !compare.variables ? "Asking…" : "Ask in both orders"}
        </Button>
        <Button disabled={compare.isPending} onClick={() => compare.mutate(true)}>
          Forecast the cost
        </Button>
        <span role="status" className="num text-muted">{told && !told.comparison ? (told.forecast_usd === null ? "no price is known" : told.forecast_usd === 0 ? "free" : `at most about ${money(told.forecast_usd)}`) : ""}</span>
      </div>
      {told?.comparison && !told.comparison.kept ? <p className="text-bad">No verdict: {told.comparison.a_first.explanation ?? told.comparison.b_first.explanation ?? "it said nothing"}</p> : null}
    </div>
  );
}

/** As the page has the two: the run on the left may be either of the pair. */
const sideOf = (one: Comparison, left: string) => (one.preference === "a" || one.preference === "b" ? ((one.preference === "a" ? one.a : one.b).run_id === left ? "left" : "right") : one.preference);

function Preferred({ one, left }: { one: Comparison; left: string }) {
  const side = sideOf(one, left);
  if (side === "left") return <><ArrowLeft className="size-3.5" aria-hidden /> left did better</>;
  if (side === "right") return <>right did better <ArrowRight className="size-3.5" aria-hidden /></>;
  return <><Equal className="size-3.5" aria-hidden /> neither did better</>;
}

/** Whom a judge named, as the page has the two. */
const named = (label: string, first: "left" | "right") => {
  if (label === "tie") return "neither is better";
  if (label !== "first" && label !== "second") return "no verdict";
  return `the ${(label === "first") === (first === "left") ? "left" : "right"} one is better`;
};

function Said({ one, left }: { one: Comparison; left: string }) {
  const orders = one.a.run_id === left ? [one.a_first, one.b_first] : [one.b_first, one.a_first];
  return (
    <li className="border-t border-line py-2 text-xs">
      <p className="flex flex-wrap items-center gap-2">
        <b className="inline-flex items-center gap-1 font-medium">
          <Preferred one={one} left={left} />
        </b>
        {one.order_stable === false ? <Warning title="Each order had another winner: it likes a place, not an answer">turned with the order</Warning> : null}
        <span className="num ml-auto text-2xs text-muted">
          {one.judge} · {one.cost_usd === null ? "cost unknown" : money(one.cost_usd)} · <Ago at={one.at} />
        </span>
      </p>
      {orders.map((heard, index) => (
        <p key={index} className="mt-1 text-muted">
          <span className="text-text">{index === 0 ? "Left" : "Right"} shown first: {named(heard.label, index === 0 ? "left" : "right")}.</span> {heard.explanation}
        </p>
      ))}
    </li>
  );
}
