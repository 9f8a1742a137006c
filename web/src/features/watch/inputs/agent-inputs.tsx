import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { runsOf } from "@/features/observe/links";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { count, percent, plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { Box } from "../incidents/box";
import { Bar } from "../monitors/look";
import { shareWords } from "../monitors/words";
import { inputsHistoryQuery, inputsQuery } from "./queries";
import { Evidence } from "./evidence";
import type { Inputs, Term } from "./types";

/** What an unusual input is: so unusual are one in two hundred of the reference's. */
const TAIL = 0.005;

/** Whether what is asked of an agent is still what it was; words that came and went; the most unusual inputs. */
export function AgentInputs({ project, agent }: { project: string; agent: string }) {
  const read = useQuery(inputsQuery(project, agent));
  const inputs = read.data?.items[0];
  return (
    <Box title="What is asked of it" aside={inputs?.drifting ? <Badge tone="bad">inputs changed</Badge> : inputs ? <Badge tone={inputs.phase === "learning" ? "accent" : "ok"}>{inputs.phase}</Badge> : null}>
      {read.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={read.error} />
        </div>
      ) : read.isPending ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-32" />
      ) : !inputs ? (
        <p className="px-4 py-8 text-center text-xs text-muted">No input was seen yet: what is usually asked is learned from runs that come with their messages, newly, not from old ones.</p>
      ) : (
        <Found project={project} inputs={inputs} />
      )}
    </Box>
  );
}

function Found({ project, inputs }: { project: string; inputs: Inputs }) {
  const history = useQuery(inputsHistoryQuery(project, inputs.id));
  if (inputs.phase === "learning")
    return (
      <div className="px-4 py-3">
        <Bar share={inputs.reference_n / Math.max(1, inputs.reference_needed)} look="bg-accent" words={`learned from ${count(inputs.reference_n)} of ${plural(inputs.reference_needed, "input")}; ${count(Math.max(0, inputs.reference_needed - inputs.reference_n))} more are needed`} />
      </div>
    );
  const share = inputs.threshold > 0 ? inputs.evidence / inputs.threshold : 0;
  return (
    <>
      <div className="grid gap-x-6 gap-y-3 px-4 py-3 sm:grid-cols-3">
        <Bar share={inputs.drifting ? 1 : share} look={inputs.drifting || share >= 1 ? "bg-bad-mark" : share >= 0.5 ? "bg-warn-mark" : "bg-ok"} words={inputs.drifting ? "drift: threshold reached" : `drift: ${shareWords(share)} of the threshold`} />
        <p className="num text-xs">
          <Link to="/runs" search={runsOf({ from: inputs.reference_to ?? "all" }, ...inputs.tail_filters)} className="rounded link">
            {plural(inputs.tail_inputs, "unusual input")}
          </Link>{" "}
          <span className="text-muted" title={`p ≤ ${TAIL}: of inputs like the reference's, one in 200 is as unusual`}>
            of {count(inputs.observed)}; lately {percent(inputs.tail_recent)} where {percent(TAIL)} is expected, n {count(inputs.recent_n)}
          </span>
        </p>
        <Relearn project={project} inputs={inputs} />
      </div>
      {history.data && history.data.items.length > 1 ? <Evidence points={history.data.items} /> : null}
      {inputs.drifting ? (
        <p className="border-t border-line px-4 py-2 text-xs">
          <span className="font-medium">{inputs.drifting.title}</span> <Ago at={inputs.drifting.at} className="text-muted" />
        </p>
      ) : null}
      <div className="grid border-t border-line sm:grid-cols-2 sm:divide-x sm:divide-line">
        <Terms title="More often than before" terms={inputs.terms_up} />
        <Terms title="Less often than before" terms={inputs.terms_down} />
      </div>
      {inputs.unusual.length ? (
        <div className="border-t border-line px-4 py-2">
          <h3 className="text-xs text-muted">The most unusual lately</h3>
          <ul className="mt-1 text-xs">
            {inputs.unusual.slice(0, 6).map((each) => (
              <li key={each.run_id} className="flex items-baseline gap-3">
                <Link to="/runs/$runId" params={{ runId: each.run_id }} className="inline-flex min-h-6 min-w-0 flex-1 items-center rounded hover:link">
                  <span className="truncate">{each.text || "no text"}</span>
                </Link>
                <span className="num shrink-0 text-muted" title="Of inputs like the reference's, so large a share is at least as unusual">
                  p {each.p < 0.001 ? each.p.toExponential(1) : each.p.toFixed(3)}
                </span>
                <Ago at={each.at} className="num w-16 shrink-0 text-right text-muted" />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <p className="border-t border-line px-4 py-2 text-2xs text-muted">
        {inputs.promise} Compared with {plural(inputs.reference_n, "input")}
        {inputs.sampled !== null && inputs.sampled < 1 ? `; ${percent(inputs.sampled)} of runs were looked at lately` : ""}.
      </p>
    </>
  );
}

function Relearn({ project, inputs }: { project: string; inputs: Inputs }) {
  const client = useQueryClient();
  const relearn = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/inputs/{inputs_id}/relearn", { params: { path: { inputs_id: inputs.id }, query: { project } } })),
    onSuccess: async () => {
      notify("What is asked from now on is the new reference");
      await client.invalidateQueries({ queryKey: ["inputs", project] });
    },
    onError: (error) => notify("It was not changed", error.message),
  });
  return (
    <span className="sm:text-right">
      <Button disabled={relearn.isPending} title="What is asked now is as it should be: learn a new reference. An alarm that stands is over." onClick={() => relearn.mutate()}>
        <RotateCcw className="size-3.5 text-muted" aria-hidden /> This is normal now
      </Button>
    </span>
  );
}

function Terms({ title, terms }: { title: string; terms: readonly Term[] }) {
  return (
    <div className="min-w-0 px-4 py-2">
      <h3 className="text-xs text-muted">{title}</h3>
      {terms.length === 0 ? (
        <p className="py-1 text-xs text-faint">no word stands out</p>
      ) : (
        <ul className="num mt-1 text-xs">
          {terms.slice(0, 6).map((each) => (
            <li key={each.term} className="flex justify-between gap-3 py-0.5">
              <span className="min-w-0 truncate">{each.term}</span>
              <span className="shrink-0 text-muted" title="Share of inputs that hold it: of the reference's, of the recent ones">
                {percent(each.before)} → <span className="text-text">{percent(each.now)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
