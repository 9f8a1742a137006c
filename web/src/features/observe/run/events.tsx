import { Link } from "@tanstack/react-router";
import type { Span } from "@/client/types";
import { JsonView } from "@/ui/json-view";
import { CopyId } from "@/ui/copy";
import { Instant } from "@/ui/time";
import { filterText } from "../filters";

/** What a step reported on the way, and which other steps it points at. */
export function Events({ span }: { span: Span }) {
  if (!span.events.length && !span.links.length) return <p className="text-xs text-faint">This step has no events and no links.</p>;
  return (
    <div className="flex flex-col gap-4">
      {span.events.map((event, index) => {
        const stack = event.attributes["exception.stacktrace"];
        const rest = Object.fromEntries(Object.entries(event.attributes).filter(([key]) => key !== "exception.stacktrace"));
        return (
          <section key={index} className="overflow-hidden rounded-lg border border-line">
            <h3 className="flex items-center justify-between gap-3 border-b border-line bg-sunken px-3 py-1.5 text-xs font-medium">
              <span className={event.name === "exception" ? "text-bad" : undefined}>{event.name || "unnamed event"}</span>
              <span className="num text-2xs font-normal text-muted">
                <Instant at={event.at} />
              </span>
            </h3>
            {Object.keys(rest).length ? <JsonView value={rest} open={2} className="px-3 py-2 pl-6" /> : null}
            {typeof stack === "string" ? <pre tabIndex={0} aria-label="Stack trace" className="overflow-x-auto border-t border-line px-3 py-2 font-mono text-2xs leading-4 text-muted">{stack}</pre> : null}
          </section>
        );
      })}
      {span.links.map((link, index) => (
        <section key={`${link.span_id} ${index}`} className="rounded-lg border border-line px-3 py-2 text-xs">
          <h3 className="mb-1 font-medium">Link to another step</h3>
          <p className="flex flex-wrap gap-3">
            <span>trace <CopyId id={link.trace_id} /></span>
            <span>step <CopyId id={link.span_id} /></span>
            <Link to="/runs" search={{ from: "all", filter: [filterText("id", "contains", link.trace_id)] }} className="link">
              its run
            </Link>
          </p>
          {Object.keys(link.attributes).length ? <JsonView value={link.attributes} className="mt-1 pl-3.5" /> : null}
        </section>
      ))}
    </div>
  );
}
