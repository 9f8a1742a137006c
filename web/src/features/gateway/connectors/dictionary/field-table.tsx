import { TriangleAlert } from "lucide-react";
import { useRef, type RefObject } from "react";
import { count, plural } from "@/ui/format";
import { useNarrow } from "@/ui/narrow";
import { useWindowed } from "@/ui/windowed";
import { Cell } from "./cell";
import { Distinct, Name, Nulls, Type, Values, Withdraw } from "./field-facts";
import type { Said } from "./queries";
import type { Row } from "./rows";

const ROW = 48;
const CARD = 212;
const TRACKS = "grid-cols-[minmax(9rem,1.3fr)_6.5rem_6rem_5.5rem_minmax(8rem,1.2fr)_6.5rem_7.5rem_minmax(11rem,2fr)_1.75rem]";
const HEADS = ["Field", "Type", "Empty", "Distinct", "Values", "Unit", "Personal data", "Meaning"];

export const UNITS = "dictionary-units";
export const PERSONAL = "dictionary-personal";

interface FieldTableProps {
  rows: readonly Row[];
  scroller: RefObject<HTMLElement | null>;
  onSay: (place: { table: string; field: string }, what: Said, value: string) => void;
  onWithdraw: (place: { table: string; field: string }) => void;
}

/** Hundreds of fields: only those in sight are drawn. */
export function FieldTable({ rows: all, scroller, onSay, onWithdraw }: FieldTableProps) {
  const body = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  // On a phone each card names its table: lines of tables stand there only where one could not be read.
  const rows = narrow ? all.filter((each) => each.kind === "field" || each.table.problem) : all;
  const height = narrow ? CARD : ROW;
  const [from, to] = useWindowed(scroller, body, { row: height, count: rows.length, enabled: rows.length > 60 });
  const drawn = rows.slice(from, to).map((row, index) => {
    const place = from + index;
    if (row.kind === "table") return <TableRow key={row.table.name} row={row} place={place} height={height} narrow={narrow} />;
    const where = { table: row.table.name, field: row.field.name };
    const parts = { row, place, height, onSay: (what: Said, value: string) => onSay(where, what, value), onWithdraw: () => onWithdraw(where) };
    return narrow ? <FieldCard key={`${where.table}.${where.field}`} {...parts} /> : <FieldRow key={`${where.table}.${where.field}`} {...parts} />;
  });
  const space = (lines: number) => (lines > 0 ? <div aria-hidden style={{ height: lines * height }} /> : null);
  if (narrow)
    return (
      <div ref={body} role="list" aria-label="Fields" className="border-t border-line">
        {space(from)}
        {drawn}
        {space(rows.length - to)}
      </div>
    );
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-surface shadow-card">
      <div role="table" aria-label="Fields" aria-rowcount={rows.length + 1} className="min-w-[72rem]">
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className={`grid h-9 items-center gap-x-3 px-4 text-xs text-muted ${TRACKS}`}>
            {HEADS.map((each, index) => (
              <span key={each} role="columnheader" className={index === 2 || index === 3 ? "text-right" : index > 4 ? "pl-1.5" : undefined}>
                {each}
              </span>
            ))}
            <span role="columnheader">
              <span className="sr-only">Take back</span>
            </span>
          </div>
        </div>
        <div ref={body} role="rowgroup">
          {space(from)}
          {drawn}
          {space(rows.length - to)}
        </div>
      </div>
    </div>
  );
}

function TableRow({ row, place, height, narrow }: { row: Extract<Row, { kind: "table" }>; place: number; height: number; narrow: boolean }) {
  const { table } = row;
  const sampled = table.whole ? `all of its ${plural(table.sampled, "row")} read` : `${count(table.sampled)} rows sampled${table.rows === null ? "" : ` of ${count(table.rows)}`}`;
  const inner = (
    <>
      <span className="font-mono text-xs font-semibold">{table.name}</span>
      {table.problem ? (
        <span className="flex min-w-0 items-center gap-1.5 text-bad">
          <TriangleAlert className="size-3.5 shrink-0" aria-hidden /> <span className="truncate">{table.problem}</span>
        </span>
      ) : (
        <span className="num text-muted">
          {plural(table.fields.length, "field")}, {sampled}
        </span>
      )}
      {table.description ? <span className="min-w-0 truncate text-muted">{table.description}</span> : null}
    </>
  );
  if (narrow)
    return (
      <div role="listitem" style={{ height }} className="flex flex-col justify-end gap-1 border-b border-line bg-sunken px-2 pb-3 text-2xs">
        {inner}
      </div>
    );
  return (
    <div role="row" aria-rowindex={place + 2} style={{ height }} className="border-t border-line bg-sunken">
      <div role="cell" aria-colspan={9} className="flex h-full items-center gap-3 px-4 text-2xs">
        {inner}
      </div>
    </div>
  );
}

interface FieldRowProps {
  row: Extract<Row, { kind: "field" }>;
  place: number;
  height: number;
  onSay: (what: Said, value: string) => void;
  onWithdraw: () => void;
}

function FieldRow({ row: { table, field, joins }, place, height, onSay, onWithdraw }: FieldRowProps) {
  return (
    <div role="row" aria-rowindex={place + 2} style={{ height }} className={`grid items-center gap-x-3 border-t border-line px-4 text-xs hover:bg-hover/40 ${TRACKS}`}>
      <span role="cell" className="min-w-0">
        <Name field={field} joins={joins} />
      </span>
      <span role="cell" className="min-w-0">
        <Type field={field} />
      </span>
      <span role="cell" className="num text-right">
        <Nulls field={field} n={table.sampled} />
      </span>
      <span role="cell" className="num text-right">
        <Distinct field={field} />
      </span>
      <span role="cell" className="min-w-0">
        <Values field={field} />
      </span>
      <span role="cell" className="min-w-0">
        <Cell place={place} column="unit" label={`Unit of ${field.name}`} value={field.unit} from={field.unit_from} corrected={field.unit_from === "person"} list={UNITS} onSave={(value) => onSay("unit", value)} />
      </span>
      <span role="cell" className="min-w-0">
        <Cell place={place} column="pii" label={`Personal data in ${field.name}`} value={field.pii} from={field.pii_from} corrected={field.pii_from === "person"} list={PERSONAL} onSave={(value) => onSay("pii", value)} className={field.pii ? "text-warn" : ""} />
      </span>
      <span role="cell" className="min-w-0">
        <Cell place={place} column="meaning" label={`Meaning of ${field.name}`} value={field.meaning} from={field.meaning_from} corrected={field.meaning_from === "person"} onSave={(value) => onSay("meaning", value)} />
      </span>
      <span role="cell">
        <Withdraw field={field} onWithdraw={onWithdraw} />
      </span>
    </div>
  );
}

function FieldCard({ row: { table, field, joins }, place, height, onSay, onWithdraw }: FieldRowProps) {
  return (
    <div role="listitem" style={{ height }} className="flex flex-col gap-1 overflow-hidden border-b border-line py-2 text-xs">
      <span className="truncate font-mono text-2xs text-muted">{table.name}</span>
      <div className="flex items-start gap-2">
        <span className="min-w-0 flex-1">
          <Name field={field} joins={joins} />
        </span>
        <Type field={field} />
        <Withdraw field={field} onWithdraw={onWithdraw} />
      </div>
      <div className="num flex items-center gap-3 text-2xs text-muted">
        <span className="shrink-0">
          empty <Nulls field={field} n={table.sampled} flat />
        </span>
        <span className="shrink-0">
          distinct <Distinct field={field} flat />
        </span>
        <span className="min-w-0 flex-1">
          <Values field={field} />
        </span>
      </div>
      <label className="grid grid-cols-[4.5rem_minmax(0,1fr)] items-center">
        <span className="text-2xs text-muted">Meaning</span>
        <Cell place={place} column="meaning" label={`Meaning of ${field.name}`} value={field.meaning} from={field.meaning_from} corrected={field.meaning_from === "person"} onSave={(value) => onSay("meaning", value)} />
      </label>
      <label className="grid grid-cols-[4.5rem_minmax(0,1fr)] items-center">
        <span className="text-2xs text-muted">Unit</span>
        <Cell place={place} column="unit" label={`Unit of ${field.name}`} value={field.unit} from={field.unit_from} corrected={field.unit_from === "person"} list={UNITS} onSave={(value) => onSay("unit", value)} />
      </label>
      <label className="grid grid-cols-[4.5rem_minmax(0,1fr)] items-center">
        <span className="text-2xs text-muted">Personal</span>
        <Cell place={place} column="pii" label={`Personal data in ${field.name}`} value={field.pii} from={field.pii_from} corrected={field.pii_from === "person"} list={PERSONAL} onSave={(value) => onSay("pii", value)} />
      </label>
    </div>
  );
}
