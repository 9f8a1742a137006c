import { useQuery } from "@tanstack/react-query";
import { Columns3 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { Input } from "@/ui/form";
import { Popover } from "@/ui/overlay";
import { fieldsQuery } from "../queries";
import { COLUMNS, DEFAULT_COLUMNS } from "./columns";

interface ColumnChooserProps {
  project: string;
  value: readonly string[];
  onChange: (ids: string[] | undefined) => void;
}

const MOST_ATTRIBUTES = 30;

/** Which columns are shown: fields of a run, and any attribute. */
export function ColumnChooser({ project, value, onChange }: ColumnChooserProps) {
  const [find, setFind] = useState("");
  const [open, setOpen] = useState(false);
  const fields = useQuery({ ...fieldsQuery(project), enabled: open });
  const known = COLUMNS.map((column) => ({ id: column.id, label: column.label }));
  const attributes = (fields.data?.items ?? [])
    .filter((field) => field.name.startsWith("attributes."))
    .map((field) => ({ id: field.name, label: field.name.slice("attributes.".length) }));
  const matches = (each: { label: string }) => each.label.toLowerCase().includes(find.toLowerCase());
  const toggle = (id: string) => {
    const next = value.includes(id) ? value.filter((each) => each !== id) : [...value, id];
    const order = known.map((each) => each.id);
    const sorted = [...next].sort((a, b) => (order.indexOf(a) + 1 || 999) - (order.indexOf(b) + 1 || 999));
    const same = sorted.length === DEFAULT_COLUMNS.length && sorted.every((id, index) => id === DEFAULT_COLUMNS[index]);
    onChange(same || sorted.length === 0 ? undefined : sorted);
  };
  const row = ({ id, label }: { id: string; label: string }) => (
    <label key={id} className="flex h-7 cursor-pointer items-center gap-2 rounded px-2 text-xs hover:bg-hover">
      <input type="checkbox" className="accent-(--accent)" checked={value.includes(id)} onChange={() => toggle(id)} />
      <span className="truncate">{label}</span>
    </label>
  );
  return (
    <Popover
      label="Columns"
      align="end"
      open={open}
      onOpenChange={setOpen}
      className="w-64"
      trigger={
        <Button>
          <Columns3 className="size-3.5 text-muted" aria-hidden /> Columns
        </Button>
      }
    >
      <Input aria-label="Find a column" placeholder="Find a column" value={find} onChange={(event) => setFind(event.target.value)} className="mb-1" />
      {known.filter(matches).map(row)}
      {attributes.some(matches) ? <p className="mt-2 px-2 pb-1 text-2xs font-medium text-muted">Attributes of any step</p> : null}
      {attributes.filter(matches).slice(0, MOST_ATTRIBUTES).map(row)}
      <button type="button" className="mt-1 px-2 text-2xs link" onClick={() => onChange(undefined)}>
        Back to the default columns
      </button>
    </Popover>
  );
}
