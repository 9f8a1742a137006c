import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/ui/button";
import { Input, Select } from "@/ui/form";
import type { ExchangeFilters } from "./queries";

const KINDS = [
  { value: "", label: "Models and tools" },
  { value: "model", label: "Models" },
  { value: "tool", label: "Tools" },
];
const ENDINGS = [
  { value: "", label: "Any ending" },
  { value: "complete", label: "Complete" },
  { value: "failed", label: "Failed" },
  { value: "cut_off", label: "Cut off" },
  { value: "aborted", label: "Aborted by the agent" },
  { value: "refused", label: "Refused" },
];
const CODES = ["timeout", "unreachable", "breaker_open", "upstream_error", "upstream_refused", "rate_limited", "overloaded", "invalid_answer", "too_large", "contract_broken", "contract_refused", "stale", "not_allowed", "budget_exhausted", "not_found", "not_recorded", "gateway_error"];
const CODE_CHOICES = [{ value: "", label: "Any code" }, { value: "any", label: "All that failed" }, ...CODES.map((value) => ({ value, label: value.replaceAll("_", " ") }))];

/** How long one may type before the list is asked anew. */
const PAUSE_MS = 300;

function Typed({ label, placeholder, value, onChange }: { label: string; placeholder: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return <Input className="max-w-40" aria-label={label} placeholder={placeholder} value={text} onChange={(event) => setText(event.target.value)} />;
}

export function Filters({ filters, onChange }: { filters: ExchangeFilters; onChange: (next: ExchangeFilters) => void }) {
  const some = Object.values(filters).some(Boolean);
  return (
    <div role="search" aria-label="Exchanges" className="flex flex-wrap items-center gap-2">
      <Typed key={`agent ${some}`} label="Agent" placeholder="agent" value={filters.agent ?? ""} onChange={(agent) => onChange({ agent })} />
      <Typed key={`target ${some}`} label="Target" placeholder="route, connector.tool" value={filters.target ?? ""} onChange={(target) => onChange({ target })} />
      <Select label="Kind" value={filters.kind ?? ""} choices={KINDS} onChange={(kind) => onChange({ kind: kind as ExchangeFilters["kind"] })} />
      <Select label="Ending" value={filters.ending ?? ""} choices={ENDINGS} onChange={(ending) => onChange({ ending: ending as ExchangeFilters["ending"] })} />
      <Select label="Failure" value={filters.code ?? ""} choices={CODE_CHOICES} onChange={(code) => onChange({ code })} />
      {some ? (
        <Button look="ghost" onClick={() => onChange({ agent: "", target: "", kind: undefined, ending: undefined, code: "" })}>
          <X className="size-3.5" aria-hidden /> Clear
        </Button>
      ) : null}
    </div>
  );
}
