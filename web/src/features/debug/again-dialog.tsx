import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { Run } from "@/client/types";
import type { RunSearch } from "@/routes/search";
import { Dialog } from "@/ui/overlay";
import { Failed, SkeletonRows } from "@/ui/states";
import { inquiriesQuery, tapeQuery } from "./queries";
import type { Tape } from "./types";

const ReplayDialog = lazy(() => import("./starting/replay-dialog").then((module) => ({ default: module.ReplayDialog })));
const ForkDialog = lazy(() => import("./starting/fork-dialog").then((module) => ({ default: module.ForkDialog })));
const BisectDialog = lazy(() => import("./starting/bisect-dialog").then((module) => ({ default: module.BisectDialog })));
const CaseDialog = lazy(() => import("./cases/case-dialog").then((module) => ({ default: module.CaseDialog })));

interface AgainDialogProps {
  project: string;
  run: Run;
  search: RunSearch;
  onChange: (next: RunSearch) => void;
}

/** The recorded step of the step that is chosen on the page. */
const stepOf = (tape: Tape, span: string | undefined): number | undefined => (span === undefined ? undefined : tape.steps.find((each) => each.span_id === span)?.step);

/** The dialog the address names: replay, fork at a step, bisect, case. */
export function AgainDialog({ project, run, search, onChange }: AgainDialogProps) {
  const { again, at } = search;
  const tape = useQuery({ ...tapeQuery(project, run.id), enabled: again !== undefined });
  const agent = tape.data?.agent;
  // How it was started the last time, where nothing is registered.
  const before = useQuery({ ...inquiriesQuery(project, { agent }), enabled: again !== undefined && Boolean(agent) && !tape.data?.entry });
  if (!again) return null;
  const close = () => onChange({ again: undefined, at: undefined });
  if (!tape.data || before.isLoading)
    return (
      <Dialog open onOpenChange={(open) => !open && close()} title="Reading the recording" width="max-w-lg">
        {tape.isError ? <Failed what="The recording" error={tape.error} retry={() => void tape.refetch()} /> : <SkeletonRows rows={4} height={40} />}
      </Dialog>
    );
  const shared = { project, tape: tape.data, last: before.data?.items[0]?.entry, onClose: close };
  return (
    <Suspense>
      {again === "replay" ? (
        <ReplayDialog {...shared} />
      ) : again === "fork" ? (
        <ForkDialog {...shared} at={at ?? stepOf(tape.data, search.span)} onStep={(step) => onChange({ at: step })} />
      ) : again === "bisect" ? (
        <BisectDialog {...shared} at={at} />
      ) : (
        <CaseDialog project={project} tape={tape.data} onClose={close} />
      )}
    </Suspense>
  );
}
