import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileCheck2, Repeat, SearchCheck } from "lucide-react";
import type { Run } from "@/client/types";
import { runExchangesQuery } from "@/features/gateway/recordings/queries";
import type { RunSearch } from "@/routes/search";
import { Button } from "@/ui/button";
import { plural } from "@/ui/format";
import { useShortcuts } from "@/ui/shortcuts";
import { Hint } from "@/ui/tooltip";
import { inquiriesQuery } from "./queries";

interface RunAgainProps {
  project: string;
  run: Run;
  onOpen: (next: RunSearch) => void;
}

const NOT_RECORDED = "No call of this run went through the gateway: there is nothing to answer it with";

/** What executes a run again, and what was found by doing so. */
export function RunAgain({ project, run, onOpen }: RunAgainProps) {
  const exchanges = useQuery(runExchangesQuery(project, run.id));
  const made = useQuery(inquiriesQuery(project, { run: run.id }));
  const recorded = (exchanges.data?.items.length ?? 0) > 0;
  const can = recorded && run.status !== "running";
  const why = run.status === "running" ? "It is still running" : exchanges.isPending ? "" : recorded ? "" : NOT_RECORDED;
  const open = (again: NonNullable<RunSearch["again"]>) => {
    if (can) onOpen({ again, at: undefined });
  };
  useShortcuts({ r: () => open("replay"), b: () => open("bisect"), c: () => open("case"), w: () => onOpen({ pane: "why", span: undefined, tab: undefined, mark: undefined }) });
  const count = made.data?.items.length ?? 0;
  return (
    <>
      {count ? (
        <Link to="/inquiries" search={{ run: run.id }} className="min-h-6 text-xs leading-6 link">
          {plural(count, "inquiry", "inquiries")}
        </Link>
      ) : null}
      <Act icon={<Repeat />} words="Replay" keys="r" why={why || "Execute it again, every call answered from the recording"} can={can} onAct={() => open("replay")} />
      <Act icon={<SearchCheck />} words="Find the step" keys="b" why={why || "Which step made it fail, found by executing it again"} can={can} onAct={() => open("bisect")} />
      <Act icon={<FileCheck2 />} words="Make a case" keys="c" why={why || "A test that runs offline, from the recording"} can={can} onAct={() => open("case")} />
    </>
  );
}

interface ActProps {
  icon: React.ReactElement;
  words: string;
  keys?: string;
  why: string;
  can: boolean;
  onAct: () => void;
}

/** Where it cannot be done the button still says why: it takes the focus, and does nothing. */
function Act({ icon, words, keys, why, can, onAct }: ActProps) {
  return (
    <Hint text={why} keys={keys}>
      <Button aria-disabled={!can} onClick={can ? onAct : undefined} className={`[&_svg]:size-3.5 [&_svg]:text-muted ${can ? "" : "cursor-not-allowed opacity-55"}`}>
        {icon} {words}
      </Button>
    </Hint>
  );
}
