import { useState } from "react";
import type { EntryPoint, EntryPointView } from "../types";
import { asBody, USUAL } from "./entry-choice";

/** The entry point of a dialog: the registered one until somebody says otherwise; else as it was started the last time. */
export function useEntry(view: EntryPointView | null, last?: EntryPointView) {
  const registered = view ? asBody(view) : null;
  const [use, setUse] = useState(true);
  const [typed, setTyped] = useState<EntryPoint>(() => registered ?? (last ? asBody(last) : USUAL));
  const isRegistered = registered !== null && use;
  const entry = isRegistered ? registered : typed;
  return {
    entry,
    /** For a command line: nothing where the server knows it. */
    told: isRegistered ? undefined : entry,
    body: { entry: isRegistered ? null : entry, server_runs: entry.via === "url" },
    picker: { registered, useRegistered: use, onUseRegistered: setUse, typed, onTyped: setTyped },
  };
}
