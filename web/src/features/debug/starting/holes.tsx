import { TriangleAlert } from "lucide-react";
import { plural } from "@/ui/format";
import type { Tape } from "../types";

/** Which calls cannot be answered again, and why. */
export function Holes({ tape }: { tape: Tape }) {
  const holes = tape.steps.filter((each) => each.hole);
  if (!holes.length) return null;
  return (
    <div className="flex items-start gap-2 rounded-lg bg-warn-soft px-3 py-2 text-xs text-warn">
      <TriangleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
      <div className="min-w-0">
        <p>
          {plural(holes.length, "step")} of {tape.steps.length} cannot be answered again; a run that comes there ends with an error.
        </p>
        <ul className="mt-1">
          {holes.slice(0, 3).map((each) => (
            <li key={each.step}>
              Step {each.step}, {each.target}: {each.hole}
            </li>
          ))}
        </ul>
        {holes.length > 3 ? <p>and {holes.length - 3} more</p> : null}
      </div>
    </div>
  );
}
