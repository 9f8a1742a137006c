import { Link } from "@tanstack/react-router";
import { ListFilter } from "lucide-react";
import { Fragment } from "react";
import type { Span } from "@/client/types";
import { CopyButton } from "@/ui/copy";
import { Input } from "@/ui/form";
import { JsonView, parseJson } from "@/ui/json-view";
import { Instant } from "@/ui/time";
import { filterText } from "../filters";

/** Longest value that makes a sensible filter. */
const FILTERABLE = 300;

const FIELDS = [
  "span_id", "trace_id", "parent_id", "kind", "status", "dialect", "scope", "service", "release", "environment", "agent", "workflow",
  "session_id", "user_id", "provider", "model_asked", "model_answered", "response_id", "finish_reason", "tool_name", "tool_call_id",
  "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "cost_usd", "flags", "merged_into",
] as const satisfies readonly (keyof Span)[];

/** Every field and attribute of a step, to be searched and copied. */
export function Attributes({ span, find, onFind }: { span: Span; find: string; onFind: (find: string) => void }) {
  const words = find.toLowerCase();
  const matches = ([key, value]: readonly [string, string]) => key.toLowerCase().includes(words) || value.toLowerCase().includes(words);
  const fields = FIELDS.map((key): [string, string] => [key, written(span[key])]).filter(([, value]) => value !== "");
  const attributes = Object.entries(span.attributes);
  const shownFields = fields.filter(matches);
  const shown = attributes.filter(matches);
  return (
    <div className="flex flex-col gap-4">
      <Input data-search aria-label="Find an attribute" placeholder="Find a name or a value" value={find} onChange={(event) => onFind(event.target.value)} />
      <section>
        <h3 className="mb-1 text-xs font-medium text-muted">Attributes {attributes.length ? `(${attributes.length})` : ""}</h3>
        {shown.length ? (
          <dl>
            {shown.map(([key, value]) => (
              <Pair key={key} name={key} value={value} filter={value.length <= FILTERABLE ? filterText(`attributes.${key}`, "eq", value) : undefined} />
            ))}
          </dl>
        ) : (
          <p className="text-xs text-faint">{attributes.length ? "Nothing matches" : "All it carried is in the fields below"}</p>
        )}
      </section>
      <section>
        <h3 className="mb-1 text-xs font-medium text-muted">Fields</h3>
        <dl>
          <div className="grid grid-cols-[minmax(8rem,34%)_1fr] gap-3 border-b border-line py-1 text-xs">
            <dt className="text-muted">started_at</dt>
            <dd><Instant at={span.started_at} /></dd>
          </div>
          <div className="grid grid-cols-[minmax(8rem,34%)_1fr] gap-3 border-b border-line py-1 text-xs">
            <dt className="text-muted">ended_at</dt>
            <dd><Instant at={span.ended_at} /></dd>
          </div>
          {shownFields.map(([key, value]) => (
            <Pair key={key} name={key} value={value} />
          ))}
        </dl>
      </section>
    </div>
  );
}

function written(value: Span[(typeof FIELDS)[number]]): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** A dotted name breaks at its dots. */
function breakable(name: string) {
  return name.split(/(?<=[._])/).map((piece, index) => (
    <Fragment key={index}>
      {piece}
      <wbr />
    </Fragment>
  ));
}

function Pair({ name, value, filter }: { name: string; value: string; filter?: string | undefined }) {
  const json = parseJson(value);
  return (
    <div className="group/pair grid grid-cols-[minmax(8rem,34%)_1fr] items-start gap-3 border-b border-line py-1 text-xs hover:bg-hover">
      <dt className="font-mono text-2xs leading-5 [overflow-wrap:anywhere] text-muted">{breakable(name)}</dt>
      <dd className="flex min-w-0 items-start gap-2 leading-5 [overflow-wrap:anywhere]">
        <span className="min-w-0 flex-1">{json ? <JsonView value={json} open={0} className="pl-3.5" /> : <span className="whitespace-pre-wrap">{value.length > 4000 ? `${value.slice(0, 4000)}…` : value}</span>}</span>
        <span className="-my-0.5 flex opacity-0 group-focus-within/pair:opacity-100 group-hover/pair:opacity-100">
        {filter ? (
          <Link to="/runs" search={{ filter: [filter] }} title="Runs with this value" aria-label={`Runs where ${name} is this`} className="flex size-6 items-center justify-center rounded text-muted hover:text-text">
            <ListFilter className="size-3.5" />
          </Link>
        ) : null}
          <CopyButton text={value} label={`Copy ${name}`} />
        </span>
      </dd>
    </div>
  );
}
