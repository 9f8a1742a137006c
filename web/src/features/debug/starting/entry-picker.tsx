import { Link } from "@tanstack/react-router";
import { Terminal } from "lucide-react";
import { CodeBlock } from "@/ui/copy";
import { Select } from "@/ui/form";
import type { EntryPoint } from "../types";
import { lacking, wordsOf } from "./entry-choice";
import { EntryFields } from "./entry-fields";
import { runnerCommand } from "./commands";

interface EntryPickerProps {
  /** What is registered for the agent; null where nothing is. */
  registered: EntryPoint | null;
  agent: string;
  useRegistered: boolean;
  onUseRegistered: (use: boolean) => void;
  typed: EntryPoint;
  onTyped: (entry: EntryPoint) => void;
}

/** The agent's entry point: the registered one, or one typed for this time. */
export function EntryPicker({ registered, agent, useRegistered, onUseRegistered, typed, onTyped }: EntryPickerProps) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line p-3">
      <legend className="px-1 text-xs font-medium">How the agent is started</legend>
      {registered ? (
        <Select
          label="Entry point"
          className="max-w-full min-w-0 [&>span]:truncate"
          value={useRegistered ? "registered" : "typed"}
          choices={[
            { value: "registered", label: `As registered: ${wordsOf(registered)}`.slice(0, 80) },
            { value: "typed", label: "Another way, this time" },
          ]}
          onChange={(value) => onUseRegistered(value === "registered")}
        />
      ) : (
        <p className="text-2xs text-muted">
          Nothing is registered for {agent || "this agent"}
          {agent ? (
            <>
              : its{" "}
              <Link to="/agents/$agent" params={{ agent }} className="link">
                page
              </Link>{" "}
              keeps it for the next time
            </>
          ) : null}
          .
        </p>
      )}
      {registered && useRegistered ? null : <EntryFields entry={typed} onChange={onTyped} />}
    </fieldset>
  );
}

interface WhoRunsItProps {
  entry: EntryPoint;
  /** Where it is not the registered one. */
  told: EntryPoint | undefined;
  project: string;
  agent: string;
  /** The one command that does all of it, in a shell where the agent lives; "" where there is none. */
  command: string;
}

/** The server starts no programs: who does, and what to type there. */
export function WhoRunsIt({ entry, told, project, agent, command }: WhoRunsItProps) {
  if (lacking(entry)) return null;
  if (entry.via === "url") return <p className="text-2xs text-muted">The server asks the agent itself; its calls reach the gateway with a token of this inquiry.</p>;
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-start gap-1.5 text-xs text-muted">
        <Terminal className="mt-0.5 size-3.5 shrink-0" aria-hidden />
        <span>The server starts no programs. Start it here and a runner beside the agent makes the runs:</span>
      </p>
      <CodeBlock code={runnerCommand(project, agent || "AGENT", told)} wrap />
      {command ? (
        <>
          <p className="text-xs text-muted">Or do all of it there, in one command:</p>
          <CodeBlock code={command} wrap />
        </>
      ) : null}
    </div>
  );
}
