import { useQuery } from "@tanstack/react-query";
import { BookOpen } from "lucide-react";
import { useDeferredValue, useMemo, useRef, useState, type RefObject } from "react";
import { Problem } from "@/client/problem";
import { CodeBlock } from "@/ui/copy";
import { Input, Select } from "@/ui/form";
import { count, plural } from "@/ui/format";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { FieldTable, PERSONAL, UNITS } from "./field-table";
import { Profile } from "./profile";
import { dictionaryQuery, useCorrect, useWithdraw, type Dictionary as Read } from "./queries";
import { rowsOf, type Shows } from "./rows";

interface DictionaryProps {
  project: string;
  name: string;
  scroller: RefObject<HTMLElement | null>;
}

/** What the fields of a system mean: found from a sample, corrected by people, read by agents. */
export function Dictionary({ project, name, scroller }: DictionaryProps) {
  const read = useQuery(dictionaryQuery(project, name));
  if (read.isPending) return <SkeletonRows rows={10} height={48} />;
  if (read.isError && Problem.from(read.error).status === 404)
    return (
      <Empty icon={<BookOpen />} title="Its fields are not known yet">
        <p className="mb-4">A profile reads a sample of each table, and finds types, units, keys, joins and personal data. It reads only; you correct what it found.</p>
        <div className="flex justify-center">
          <Profile project={project} name={name} again={false} />
        </div>
        <div className="mt-5 text-left">
          <CodeBlock title="Or at the command line" code={`roadworthy connect profile ${name}`} />
        </div>
      </Empty>
    );
  if (read.isError) return <Failed what="The data dictionary" error={read.error} retry={() => void read.refetch()} />;
  return <Shown project={project} name={name} scroller={scroller} dictionary={read.data} />;
}

const SHOW_WORDS: { value: Shows; label: string }[] = [
  { value: "all", label: "All fields" },
  { value: "unexplained", label: "Without a meaning" },
  { value: "corrected", label: "Corrected" },
  { value: "pii", label: "Personal data" },
  { value: "keys", label: "Keys and joins" },
];

function Shown({ project, name, scroller, dictionary }: DictionaryProps & { dictionary: Read }) {
  const [find, setFind] = useState("");
  const [table, setTable] = useState("");
  const [shows, setShows] = useState<Shows>("all");
  const wanted = useDeferredValue(find);
  const box = useRef<HTMLInputElement>(null);
  const correct = useCorrect(project, name);
  const withdraw = useWithdraw(project, name);
  const rows = useMemo(() => rowsOf(dictionary, { find: wanted, table, shows }), [dictionary, wanted, table, shows]);
  const fields = rows.filter((each) => each.kind === "field").length;
  const all = dictionary.tables.reduce((sum, each) => sum + each.fields.length, 0);
  const known = useMemo(() => valuesOf(dictionary), [dictionary]);
  useShortcuts({ "/": () => box.current?.focus() });
  return (
    <section aria-label="Data dictionary" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Input ref={box} type="search" aria-label="Find fields" placeholder="Find a field, a meaning, a unit" className="max-w-72" value={find} onChange={(event) => setFind(event.target.value)} />
        {dictionary.tables.length > 1 ? <Select label="Table" value={table} choices={[{ value: "", label: `All ${count(dictionary.tables.length)} tables` }, ...dictionary.tables.map((each) => ({ value: each.name, label: each.name }))]} onChange={setTable} /> : null}
        <Select label="Show" value={shows} choices={SHOW_WORDS} onChange={(value) => setShows(value as Shows)} />
        <span className="num text-xs text-muted" aria-live="polite">
          {fields === all ? plural(all, "field") : `${count(fields)} of ${plural(all, "field")}`}
        </span>
        <span className="ml-auto">
          <Profile project={project} name={name} again />
        </span>
      </div>
      <p className="text-xs text-muted">
        Found <Ago at={dictionary.profiled_at} /> from a sample; {dictionary.corrections ? plural(dictionary.corrections, "correction") : "nothing was corrected"}. Enter or a letter begins a correction, Enter saves it and goes on below, Esc leaves it as it was. Agents read it with the tools.
      </p>
      {dictionary.drift.length ? (
        <details className="rounded-lg bg-warn-soft px-3 py-1.5 text-xs">
          <summary className="min-h-6 cursor-pointer text-warn">{plural(dictionary.drift.length, "change")} since the profile before</summary>
          <ul aria-label="Changes" className="mb-1">
            {dictionary.drift.map((each) => (
              <li key={`${each.table}.${each.field} ${each.what}`}>
                <code className="font-mono text-2xs">{[each.table, each.field].filter(Boolean).join(".")}</code> {each.what}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {rows.length ? (
        <FieldTable rows={rows} scroller={scroller} onSay={(place, what, value) => correct.mutate({ ...place, [what]: value })} onWithdraw={(place) => withdraw.mutate(place)} />
      ) : (
        <Empty icon={<BookOpen />} title="No field is like that" className="py-8" />
      )}
      <datalist id={UNITS}>
        {known.units.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <datalist id={PERSONAL}>
        {known.personal.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </section>
  );
}

const COMMON_UNITS = ["EUR", "USD", "cent", "%", "s", "ms", "h", "days", "kg", "g", "km", "m", "°C"];
const COMMON_PERSONAL = ["email", "phone", "person_name", "address", "birth_date", "iban", "secret"];

/** What is offered while one types: what the dictionary says elsewhere, then what is common. */
function valuesOf({ tables }: Read): { units: string[]; personal: string[] } {
  const fields = tables.flatMap((each) => each.fields);
  const unique = (values: readonly string[]) => [...new Set(values.filter(Boolean))].sort();
  return { units: unique([...fields.map((each) => each.unit), ...COMMON_UNITS]), personal: unique([...fields.map((each) => each.pii), ...COMMON_PERSONAL]) };
}
