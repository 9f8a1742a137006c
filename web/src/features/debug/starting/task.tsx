import { useState } from "react";
import { inputClass, Labelled } from "@/ui/form";
import type { Tape } from "../types";

/** What the agent is asked: as the run was, or said here where nobody recorded it. */
export function useTask(tape: Tape) {
  const [typed, setTyped] = useState("");
  return {
    task: { input: typed.trim() },
    missing: tape.input || typed.trim() ? "" : "the task",
    part: tape.input ? (
      <p className="line-clamp-3 text-xs">
        <span className="text-muted">Task: </span>
        {tape.input}
      </p>
    ) : (
      <Labelled label="Task" hint="The run does not say what it was asked">
        {(id) => <textarea id={id} required className={`${inputClass} h-20 resize-y py-1.5`} value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Labelled>
    ),
  };
}
