import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Calculator, FlaskConical } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { Card } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { duration, money, plural, UNKNOWN } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import type { JudgeBody } from "../types";

const RUNS = 5;

interface BenchResultsProps {
  project: string;
  body: JudgeBody;
  faults: readonly string[];
  onTried: () => void;
}

/** What the judge says of the newest runs, and what that costs. Nothing of it is kept. */
export function BenchResults({ project, body, faults, onTried }: BenchResultsProps) {
  const attempt = useMutation({
    mutationFn: (dry: boolean) => dataOf(api.POST("/api/v1/judges/try", { params: { query: { project } }, body: { judge: body, run_ids: [], limit: RUNS, dry_run: dry } })),
  });
  const ask = (dry: boolean) => {
    onTried();
    if (faults.length === 0) attempt.mutate(dry);
  };
  const dry = attempt.variables === true;
  return (
    <Card className="p-4">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <h3 className="text-sm font-semibold">On your newest runs</h3>
        <span className="ml-auto flex gap-2">
          <Button disabled={attempt.isPending} onClick={() => ask(true)}>
            <Calculator className="size-3.5 text-muted" aria-hidden /> Forecast the cost
          </Button>
          <Button disabled={attempt.isPending} onClick={() => ask(false)}>
            <FlaskConical className="size-3.5 text-muted" aria-hidden /> Ask about {RUNS} runs
          </Button>
        </span>
      </div>
      <FailedLine error={attempt.error} />
      {attempt.isPending ? (
        <div role="status" aria-label="Asking" className="skeleton h-40" />
      ) : attempt.data ? (
        <>
          <p role="status" className="num mb-2 text-xs text-muted">
            {dry ? forecast(attempt.data.cost_usd) : `${plural(attempt.data.items.length, "run")} judged${attempt.data.cost_usd > 0 ? ` for ${money(attempt.data.cost_usd)}` : ", at no cost that is known"}.`}
          </p>
          <ul aria-label="What the judge says of recent runs" className="max-h-[36rem] overflow-y-auto">
            {attempt.data.items.map((item) => (
              <li key={item.run_id} className="border-t border-line py-2 text-xs">
                <p className="flex flex-wrap items-center gap-2">
                  <span className="font-medium">{item.label || UNKNOWN}</span>
                  <span className="num text-muted">{item.value === null ? "" : item.value}</span>
                  {item.cut ? <Badge tone="warn" title="The run was too long to be shown to the judge whole">cut</Badge> : null}
                  <Link to="/runs/$runId" params={{ runId: item.run_id }} className="truncate link">
                    {item.agent ?? "unnamed agent"}
                  </Link>
                  <span className="num ml-auto text-2xs text-muted">
                    {item.cost_usd === null ? "cost unknown" : money(item.cost_usd)} · {duration(item.duration_ms)}
                  </span>
                </p>
                {item.explanation ? <p className="mt-0.5 text-muted">{item.explanation}</p> : null}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p className="py-6 text-center text-xs text-muted">Ask: what it says of your {RUNS} newest runs appears here. It is paid for, and nothing of it is kept.</p>
      )}
    </Card>
  );
}

/** Without a price nothing is known of the cost: that is not the same as free. */
function forecast(usd: number): string {
  if (usd === 0) return "Free, or its price is not known: then a judge with a budget asks nobody. The endpoint can be given its prices.";
  return `Asking about ${RUNS} runs would cost about ${money(usd)}, ${money(usd / RUNS)} a run.`;
}
