import { CodeEditor } from "@/ui/code/code";
import { inputClass, Input, Labelled, Select, Switch } from "@/ui/form";
import { cx } from "@/ui/classes";
import { drawn, type SchemaField } from "./schema";

interface SchemaFormProps {
  fields: readonly SchemaField[];
  texts: Readonly<Record<string, string>>;
  known: Readonly<Record<string, unknown>>;
  onChange: (name: string, text: string) => void;
}

/** Fields as the configuration's own schema describes them. */
export function SchemaForm({ fields, texts, known, onChange }: SchemaFormProps) {
  return fields.map((field) => {
    const text = texts[field.name] ?? drawn(field, known[field.name]);
    const set = (next: string) => onChange(field.name, next);
    return (
      <Labelled key={field.name} label={labelOf(field)} hint={field.help || undefined}>
        {(id) => <Control id={id} field={field} text={text} set={set} />}
      </Labelled>
    );
  });
}

const labelOf = (field: SchemaField): string => field.label + (field.required ? " (needed)" : "");

function Control({ id, field, text, set }: { id: string; field: SchemaField; text: string; set: (text: string) => void }) {
  if (field.kind === "switch")
    return (
      <span className="flex h-7 items-center">
        <Switch checked={text === "true"} onChange={(on) => set(on ? "true" : "")} label={field.label} />
      </span>
    );
  if (field.kind === "choice") return <Select id={id} label={field.label} value={text} choices={field.choices.map((each) => ({ value: each, label: each }))} onChange={set} />;
  if (field.kind === "number") return <Input id={id} type="number" step="any" value={text} onChange={(event) => set(event.target.value)} />;
  if (field.kind === "text") return <Input id={id} value={text} onChange={(event) => set(event.target.value)} />;
  if (field.kind === "json" || field.language === "python")
    return (
      <CodeEditor
        id={id}
        label={labelOf(field)}
        language={field.language}
        rows={field.language === "python" ? 14 : 6}
        text={text}
        onChange={set}
        placeholder={field.language === "python" ? "def evaluate(run): ..." : "JSON"}
      />
    );
  return <TextBox id={id} rows={field.kind === "lines" ? 4 : 3} value={text} onChange={set} placeholder={field.kind === "lines" ? "One a line" : ""} />;
}

interface TextBoxProps {
  id: string;
  value: string;
  rows: number;
  placeholder?: string;
  onChange: (text: string) => void;
}

export function TextBox({ id, value, rows, placeholder = "", onChange }: TextBoxProps) {
  return <textarea id={id} rows={rows} value={value} placeholder={placeholder} spellCheck={false} className={cx(inputClass, "h-auto resize-y py-1.5 font-mono leading-4")} onChange={(event) => onChange(event.target.value)} />;
}
