import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Ban, ChevronRight, Play, SearchX, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/client/api";
import { Problem } from "@/client/problem";
import { useProject } from "@/client/project";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { CopyId } from "@/ui/copy";
import { Page } from "@/ui/shell/page";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { notify } from "@/ui/toast";
import { BisectView } from "./bisect/bisect-view";
import { ForkView } from "./fork/fork-view";
import { InquiryState, KINDS } from "./look";
import { ProgressCard } from "./progress/progress-card";
import { inquiryQuery } from "./queries";
import { ReplayView } from "./replay/replay-view";
import { ResumeDialog } from "./resume-dialog";
import { Sure } from "./sure";
import type { Inquiry } from "./types";
import { Waiting } from "./waiting";

const route = getRouteApi("/shell/inquiries/$inquiryId");

/** One run executed again: what is asked, how far it is, what was found; it grows while it works. */
export function InquiryPage() {
  const project = useProject();
  const { inquiryId } = route.useParams();
  const inquiry = useQuery(inquiryQuery(project, inquiryId));
  if (inquiry.isError && Problem.from(inquiry.error).status === 404)
    return (
      <Page title="Inquiry">
        <Empty icon={<SearchX />} title="There is no such inquiry">
          <p>It was deleted, belongs to another project, or the address lost a letter.</p>
          <Link to="/inquiries" className={`${buttonClass()} mt-4`}>
            All inquiries
          </Link>
        </Empty>
      </Page>
    );
  if (inquiry.isError) return <Page title="Inquiry"><Failed what="This inquiry" error={inquiry.error} retry={() => void inquiry.refetch()} /></Page>;
  if (inquiry.isPending) return <Page title="Inquiry"><SkeletonRows rows={8} height={56} /></Page>;
  return <Loaded project={project} inquiry={inquiry.data} />;
}

function Loaded({ project, inquiry }: { project: string; inquiry: Inquiry }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (next: typeof search) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const { word, icon: Icon } = KINDS[inquiry.kind];
  return (
    <Page
      title={`${word} of ${inquiry.agent}`}
      heading={
        <h1 className="flex min-w-0 flex-1 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/inquiries" className="shrink-0 rounded font-normal text-muted hover:text-text">
            Inquiries
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <Icon className="size-4 shrink-0 text-muted" aria-hidden />
          <span className="truncate" title={inquiry.input}>
            {word} of {inquiry.agent}
          </span>
          <span className="hidden sm:inline">
            <CopyId id={inquiry.id} label="Copy inquiry id" />
          </span>
        </h1>
      }
      actions={<Actions project={project} inquiry={inquiry} />}
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label="The inquiry">
        <div className="mx-auto flex max-w-6xl flex-col gap-5 p-4 md:p-6">
          <p className="line-clamp-3 text-xs text-muted">
            <Link to="/runs/$runId" params={{ runId: inquiry.run_id }} className="link">
              The recorded run
            </Link>{" "}
            was asked: <span className="text-text">{inquiry.input}</span>
          </p>
          <Waiting project={project} inquiry={inquiry} />
          {inquiry.state === "done" ? null : (
            <ProgressCard inquiry={inquiry}>
              <GoingOn project={project} inquiry={inquiry} />
            </ProgressCard>
          )}
          {inquiry.kind === "replay" ? (
            <ReplayView project={project} inquiry={inquiry} chosen={search.rerun} onRerun={(rerun) => set({ rerun })} />
          ) : inquiry.kind === "fork" ? (
            <ForkView project={project} inquiry={inquiry} chosen={search.rerun} onRerun={(rerun) => set({ rerun })} step={search.step} onStep={(step) => set({ step })} />
          ) : (
            <BisectView project={project} inquiry={inquiry} chosen={search.rerun} onRerun={(rerun) => set({ rerun })} step={search.step} onStep={(step) => set({ step })} />
          )}
        </div>
      </div>
    </Page>
  );
}

/** What stops it, or lets it go on. */
function GoingOn({ project, inquiry }: { project: string; inquiry: Inquiry }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => api.POST("/api/v1/inquiries/{inquiry_id}/cancel", { params: { path: { inquiry_id: inquiry.id }, query: { project } } }),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ["inquiry", project, inquiry.id] }), client.invalidateQueries({ queryKey: ["inquiries", project] })]),
    onError: (error) => notify("It was not cancelled", error.message),
  });
  if (inquiry.state === "running")
    return (
      <Button disabled={cancel.isPending} onClick={() => cancel.mutate()}>
        <Ban className="size-3.5 text-muted" aria-hidden /> Cancel
      </Button>
    );
  return (
    <>
      <Button look="primary" onClick={() => setAsking(true)}>
        <Play className="size-3.5" aria-hidden /> Go on
      </Button>
      {asking ? <ResumeDialog project={project} inquiry={inquiry} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

function Actions({ project, inquiry }: { project: string; inquiry: Inquiry }) {
  const client = useQueryClient();
  const navigate = route.useNavigate();
  const [deleting, setDeleting] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/inquiries/{inquiry_id}", { params: { path: { inquiry_id: inquiry.id }, query: { project } } }),
    onSuccess: async () => {
      await navigate({ to: "/inquiries" });
      client.removeQueries({ queryKey: ["inquiry", project, inquiry.id] });
      await client.invalidateQueries({ queryKey: ["inquiries", project] });
    },
    onError: (error) => notify("It was not deleted", error.message),
  });
  return (
    <>
      <InquiryState inquiry={inquiry} />
      {inquiry.state === "running" ? null : (
        <IconButton label="Delete this inquiry" onClick={() => setDeleting(true)}>
          <Trash2 />
        </IconButton>
      )}
      {deleting ? (
        <Sure title="Delete this inquiry?" what="Its reruns stay as runs of their own; what they were compared with, and what was found, goes." act="Delete" pending={remove.isPending} onAct={() => remove.mutate()} onClose={() => setDeleting(false)} />
      ) : null}
    </>
  );
}
