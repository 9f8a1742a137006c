import { Input, Labelled, Select } from "@/ui/form";
import type { EntryPoint, Via } from "../types";
import { VIAS } from "./entry-choice";

interface EntryFieldsProps {
  entry: EntryPoint;
  onChange: (entry: EntryPoint) => void;
  /** Also what seldom differs: the folder, the time it has. */
  all?: boolean;
}

/** How an agent is started for one task. */
export function EntryFields({ entry, onChange, all = false }: EntryFieldsProps) {
  const set = (next: Partial<EntryPoint>) => onChange({ ...entry, ...next });
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Labelled label="Started as" className="sm:col-span-2">
        {(id) => <Select id={id} label="Started as" value={entry.via} choices={VIAS} onChange={(via) => set({ via: via as Via })} />}
      </Labelled>
      {entry.via === "command" ? (
        <Labelled label="Command" className="sm:col-span-2" hint="{input} stands for the task; without it the task comes on standard input">
          {(id) => <Input id={id} required className="font-mono" value={entry.command} placeholder="python my_agent.py" onChange={(event) => set({ command: event.target.value })} />}
        </Labelled>
      ) : entry.via === "callable" ? (
        <>
          <Labelled label="Function" hint="Called with the task, in a process of its own">
            {(id) => <Input id={id} required className="font-mono" value={entry.callable} placeholder="my_agent:answer" onChange={(event) => set({ callable: event.target.value })} />}
          </Labelled>
          <Labelled label="Interpreter" hint="Left out: python3">
            {(id) => <Input id={id} className="font-mono" value={entry.python} placeholder=".venv/bin/python" onChange={(event) => set({ python: event.target.value })} />}
          </Labelled>
        </>
      ) : (
        <>
          <Labelled label="Address" className="sm:col-span-2" hint="It gets a POST; the server itself asks it">
            {(id) => <Input id={id} type="url" required value={entry.url} placeholder="http://127.0.0.1:9000/ask" onChange={(event) => set({ url: event.target.value })} />}
          </Labelled>
          <Labelled label="Body" hint="{input} stands for the task">
            {(id) => <Input id={id} className="font-mono" value={entry.body} onChange={(event) => set({ body: event.target.value })} />}
          </Labelled>
          <Labelled label="Field of the answer" hint="Left out: the usual places">
            {(id) => <Input id={id} className="font-mono" value={entry.answer_field} placeholder="result.text" onChange={(event) => set({ answer_field: event.target.value })} />}
          </Labelled>
        </>
      )}
      {all ? (
        <>
          {entry.via === "url" ? null : (
            <Labelled label="Folder" hint="Left out: where the runner stands">
              {(id) => <Input id={id} className="font-mono" value={entry.folder} placeholder="/srv/agent" onChange={(event) => set({ folder: event.target.value })} />}
            </Labelled>
          )}
          <Labelled label="Seconds a run may take">
            {(id) => <Input id={id} type="number" min={1} max={3600} value={String(entry.timeout_s)} onChange={(event) => set({ timeout_s: Number(event.target.value) })} />}
          </Labelled>
        </>
      ) : null}
    </div>
  );
}
