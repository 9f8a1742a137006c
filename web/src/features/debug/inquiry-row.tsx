import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { cx } from "@/ui/classes";
import { Ago } from "@/ui/time";
import { aboutOf } from "./about";
import { InquiryState, KindMark } from "./look";
import type { InquiryRow as Row } from "./types";
import { Verdict } from "./verdict";

interface InquiryRowProps {
  inquiry: Row;
  chosen?: boolean;
  /** What the page says already: of an agent's page its name, of a run's its task, too. */
  known?: "agent" | "run";
}

/** One inquiry in a list: what was done again, and what came of it. */
export function InquiryRow({ inquiry, chosen = false, known }: InquiryRowProps) {
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const task = inquiry.input.replace(/\s+/g, " ").slice(0, 300);
  const words = [known ? "" : inquiry.agent, aboutOf(inquiry), known === "run" ? "" : task].filter(Boolean).join(" · ");
  return (
    <li ref={row} className={cx("relative border-b border-line px-4 py-2.5 md:px-5", chosen ? "bg-selected" : "hover:bg-hover")}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link to="/inquiries/$inquiryId" params={{ inquiryId: inquiry.id }} className="text-sm font-medium after:absolute after:inset-0">
          <KindMark kind={inquiry.kind} />
        </Link>
        <Verdict inquiry={inquiry} />
        <span className="ml-auto flex items-center gap-3">
          {inquiry.state === "done" && inquiry.finding ? null : <InquiryState inquiry={inquiry} />}
          <Ago at={inquiry.created_at} className="text-xs text-muted" />
        </span>
      </div>
      {words ? (
        <p className="mt-0.5 truncate text-xs text-muted" title={words}>
          {words}
        </p>
      ) : null}
    </li>
  );
}
