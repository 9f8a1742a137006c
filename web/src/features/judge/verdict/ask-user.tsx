import { useMutation } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { FailedLine } from "@/ui/states";
import { Instant } from "@/ui/time";

const THIRTY_DAYS_S = 30 * 86_400;

/** A signed link by which the person the agent worked for says how it went, without a login. */
export function AskUser({ project, runId }: { project: string; runId: string }) {
  const make = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/feedback-links", { params: { query: { project } }, body: { run_id: runId, session_id: "", expires_in_s: THIRTY_DAYS_S } })),
  });
  return (
    <div className="mt-4 flex flex-col gap-2 border-t border-line pt-4">
      {make.data ? (
        <>
          <p className="flex items-center gap-1 rounded-md border border-line bg-sunken pl-2">
            <code className="min-w-0 flex-1 truncate font-mono text-2xs" title={make.data.url}>{make.data.url}</code>
            <CopyButton text={make.data.url} label="Copy the feedback link" />
          </p>
          <p className="text-2xs text-muted">
            Whoever has it may say how this run went, and read nothing. It holds until <Instant at={make.data.expires_at} />.
          </p>
        </>
      ) : (
        <Button className="self-start" disabled={make.isPending} onClick={() => make.mutate()}>
          <Link2 className="size-3.5 text-muted" aria-hidden /> Ask its user instead
        </Button>
      )}
      <FailedLine error={make.error} />
    </div>
  );
}
