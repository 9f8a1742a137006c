import { Link } from "@tanstack/react-router";
import { Eye, Siren, UserX } from "lucide-react";
import { plural } from "@/ui/format";
import type { AgentState } from "./standing-of";

/** Under an agent's name: whether something is wrong with it, and who answers for it. */
export function AgentOwner({ agent, state }: { agent: string; state: AgentState | undefined }) {
  const who = state?.registered ? [state.registered.team, state.registered.owner].filter(Boolean).join(", ") : "";
  const told = state?.registered?.on_call.levels[0]?.responders.map((each) => each.person ?? "a channel").join(", ");
  return (
    <span className="flex min-w-0 items-center gap-2 text-2xs text-muted">
      {state?.standing ? (
        <Link to="/incidents" search={{ agent }} className={`inline-flex min-h-6 shrink-0 items-center gap-1 rounded font-medium hover:underline ${state.waiting ? "text-bad" : "text-warn"}`} title={state.waiting ? `${state.waiting} nobody looks after` : "Somebody looks after it"}>
          {state.waiting ? <Siren className="size-3" aria-hidden /> : <Eye className="size-3" aria-hidden />}
          {plural(state.standing, "incident")}
        </Link>
      ) : null}
      <Link to="/on-call" search={{ tab: "agents", open: agent }} className="inline-flex min-h-6 min-w-6 items-center gap-1 rounded hover:link" title={told ? `On call now: ${told}` : "Nobody is on call for it"}>
        {who ? (
          <span className="truncate">{who}</span>
        ) : (
          <>
            <UserX className="size-3 shrink-0 text-warn" aria-hidden /> no owner
          </>
        )}
      </Link>
    </span>
  );
}
