import { Check, CircleSlash, CircleX, Scissors, Unplug } from "lucide-react";
import { Badge } from "@/ui/badges";
import type { Exchange } from "./queries";

const LOOKS = {
  complete: ["ok", Check, "complete"],
  failed: ["bad", CircleX, "failed"],
  cut_off: ["bad", Scissors, "cut off"],
  aborted: ["quiet", Unplug, "aborted by the agent"],
  refused: ["warn", CircleSlash, "refused"],
} as const;

/** How a call ended, in a word beside its icon. */
export function EndingBadge({ exchange }: { exchange: Exchange }) {
  const [tone, Icon, word] = LOOKS[exchange.ending];
  return (
    <Badge tone={tone} title={exchange.failure?.what}>
      <Icon aria-hidden /> {exchange.failure ? exchange.failure.code.replaceAll("_", " ") : word}
    </Badge>
  );
}
