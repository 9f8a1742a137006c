import { BadgeCheck, FlaskConical, Ruler, type LucideIcon } from "lucide-react";
import { Badge } from "@/ui/badges";
import type { Claim } from "./types";

const BASES: Record<Claim["basis"], readonly [LucideIcon, "ok" | "accent" | "quiet", string]> = {
  proven: [BadgeCheck, "ok", "A theorem, under the condition in the sentence"],
  simulated: [FlaskConical, "accent", "Held in simulations; not a theorem"],
  rule: [Ruler, "quiet", "Neither proven nor simulated: a rule of thumb"],
};

/** What is promised, and what each sentence stands on. */
export function Claims({ claims }: { claims: readonly Claim[] }) {
  return (
    <ul className="divide-y divide-line text-xs">
      {claims.map((claim) => {
        const [Icon, tone, title] = BASES[claim.basis];
        return (
          <li key={claim.text} className="flex items-start gap-3 px-4 py-2">
            <Badge tone={tone} title={title} className="mt-0.5 w-20">
              <Icon aria-hidden /> {claim.basis}
            </Badge>
            <span className="min-w-0">{claim.text}</span>
          </li>
        );
      })}
    </ul>
  );
}
