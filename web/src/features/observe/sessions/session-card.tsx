import { Link } from "@tanstack/react-router";
import type { SessionRow } from "@/client/types";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { money, plural } from "@/ui/format";
import { Ago } from "@/ui/time";

export const SESSION_CARD = 84;

/** A conversation on a phone. */
export function SessionCard({ session, top, active }: { session: SessionRow; top: number; active: boolean }) {
  return (
    <li className={cx("absolute inset-x-0 flex flex-col justify-center gap-1 border-b border-line px-4", active ? "bg-selected" : "hover:bg-hover")} style={{ height: SESSION_CARD, transform: `translateY(${top}px)` }}>
      <div className="flex items-center gap-2">
        <Link to="/sessions/$sessionId" params={{ sessionId: session.session_id }} className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0">
          {session.first_input?.slice(0, 240) ?? session.session_id}
        </Link>
        <Ago at={session.last_at} className="shrink-0 text-2xs text-muted" />
      </div>
      <p className="truncate text-xs text-muted">{session.last_answer?.replace(/\s+/g, " ").slice(0, 240) ?? "no answer"}</p>
      <p className="num flex items-center gap-2 text-2xs whitespace-nowrap text-muted">
        <span className="min-w-0 truncate">{session.agents.join(", ") || "unnamed agent"}</span>
        <span>{plural(session.runs, "run")}</span>
        <span>{money(session.cost_usd)}</span>
        {session.errors ? <Badge tone="bad" title={`${plural(session.errors, "run")} with an error`}>{session.errors} failed</Badge> : null}
      </p>
    </li>
  );
}
