import { ArrowRight, KeyRound, ShieldAlert, Undo2 } from "lucide-react";
import { Badge } from "@/ui/badges";
import { IconButton } from "@/ui/button";
import { count, percent, UNKNOWN } from "@/ui/format";
import type { Field, Join } from "./queries";
import { isCorrected } from "./rows";

const KEYS: Record<string, string> = { primary: "Primary key", candidate: "No value twice in the sample: it may be a key", part: "Part of a key" };

export function Name({ field, joins }: { field: Field; joins: readonly Join[] }) {
  const join = joins[0];
  return (
    <>
      <span className="flex items-center gap-1.5">
        <span className="truncate font-mono text-xs font-medium" title={field.description || field.name}>
          {field.name}
        </span>
        {field.key ? (
          <Badge tone={field.key === "primary" ? "accent" : "quiet"} title={KEYS[field.key]}>
            <KeyRound aria-hidden /> {field.key === "primary" ? "key" : field.key}
          </Badge>
        ) : null}
      </span>
      {join ? (
        <span className="flex items-center gap-1 truncate text-2xs text-muted" title={joins.map((each) => `${percent(each.inclusion.value)} of its values are in ${each.to_table}.${each.to_field} (95 % interval ${percent(each.inclusion.low)} to ${percent(each.inclusion.high)}); ${each.declared ? "declared" : `meant with confidence ${percent(each.confidence)}`}`).join("\n")}>
          <ArrowRight className="size-3 shrink-0" aria-label="joins" /> <span className="truncate font-mono">{`${join.to_table}.${join.to_field}`}</span>
          {joins.length > 1 ? ` +${joins.length - 1}` : ""}
        </span>
      ) : null}
    </>
  );
}

export function Type({ field }: { field: Field }) {
  return (
    <span className="block min-w-0" title={field.declared ? `Declared as ${field.declared}` : undefined}>
      <span className="block truncate">{field.type || UNKNOWN}</span>
      {field.stored_as || field.format ? <span className="block truncate font-mono text-2xs text-muted">{field.stored_as || field.format}</span> : null}
    </span>
  );
}

const between = (share: { low: number; high: number }) => `95 % interval ${percent(share.low)} to ${percent(share.high)}`;

export function Nulls({ field, n, flat = false }: { field: Field; n: number; flat?: boolean }) {
  if (!field.nulls) return <span className="text-faint">{UNKNOWN}</span>;
  return (
    <span className={flat ? "" : "block leading-4"} title={`Without a value, ${between(field.nulls)}`}>
      {percent(field.nulls.value)} <span className={`text-2xs text-muted ${flat ? "" : "block"}`}>n {count(n)}</span>
    </span>
  );
}

export function Distinct({ field, flat = false }: { field: Field; flat?: boolean }) {
  const share = field.distinct_share;
  return (
    <span className={flat ? "" : "block leading-4"} title={share ? `Of the rows that have a value, ${between(share)}` : undefined}>
      {count(field.distinct)} {share ? <span className={`text-2xs text-muted ${flat ? "" : "block"}`}>{percent(share.value)}</span> : null}
    </span>
  );
}

/** All values of an enumeration, else the range, else examples; of personal data none. */
export function Values({ field }: { field: Field }) {
  if (field.pii && !field.minimum && !field.examples.length)
    return (
      <span className="inline-flex items-center gap-1 text-2xs text-muted" title="Values of personal data are never kept">
        <ShieldAlert className="size-3 shrink-0" aria-hidden /> not kept
      </span>
    );
  if (field.values.length) {
    const text = field.values.map((each) => `${each.value} ${percent(each.share)}`).join(", ");
    return (
      <span className="line-clamp-2 text-2xs [overflow-wrap:anywhere]" title={text}>
        {field.values.slice(0, 6).map((each) => each.value).join(", ")}
        {field.values.length > 6 ? ` … ${field.values.length} in all` : ""}
      </span>
    );
  }
  const range = field.minimum || field.maximum ? `${field.minimum} … ${field.maximum}` : "";
  const examples = field.examples.join(", ");
  return (
    <span className="block min-w-0 text-2xs" title={[range, examples].filter(Boolean).join("\n")}>
      <span className="num block truncate">{range || examples}</span>
      {range && examples ? <span className="block truncate text-muted">{examples}</span> : null}
    </span>
  );
}

export function Withdraw({ field, onWithdraw }: { field: Field; onWithdraw: () => void }) {
  return isCorrected(field) ? (
    <IconButton size="sm" label={`Take back what was said of ${field.name}`} onClick={onWithdraw}>
      <Undo2 />
    </IconButton>
  ) : null;
}
