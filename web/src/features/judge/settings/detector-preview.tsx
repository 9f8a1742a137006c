import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { previewQuery } from "../queries";

/** What a detector says of the newest runs, switched on or not. Nothing of it is kept. */
export function DetectorPreview({ project, name }: { project: string; name: string }) {
  const preview = useQuery(previewQuery(project, name));
  if (preview.isError) return <FailedLine error={preview.error} />;
  if (preview.isPending)
    return (
      <p role="status" className="text-xs text-muted">
        Looking at the newest runs …
      </p>
    );
  const { looked_at, items } = preview.data;
  return (
    <div className="w-0 min-w-full">
      <p role="status" className="text-xs text-muted">
        {looked_at === 0 ? "No run to look at yet." : items.length === 0 ? `Looked at the newest ${plural(looked_at, "run")}: found nothing.` : `Looked at the newest ${plural(looked_at, "run")}: found something in ${new Set(items.map((each) => each.run_id)).size}.`}
      </p>
      <ul aria-label="Found in the newest runs" className="mt-1.5 max-h-80 overflow-y-auto">
        {items.map((item, index) => {
          const [first] = item.evidence;
          return (
            <li key={index} className="border-t border-line py-1.5">
              <p className="flex items-center gap-2">
                <Link to="/runs/$runId" params={{ runId: item.run_id }} search={first?.span_id ? { span: first.span_id } : {}} className="min-w-0 truncate link">
                  {item.reason}
                </Link>
                <span className="ml-auto shrink-0 text-2xs text-muted">{item.agent ?? "unnamed agent"}</span>
                <Ago at={item.started_at} className="shrink-0 text-2xs text-muted" />
              </p>
              {first?.excerpt ? <p className="mt-0.5 line-clamp-2 font-mono text-2xs leading-4 [overflow-wrap:anywhere] text-muted">{first.excerpt}</p> : null}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
