import type { components } from "@/client/schema";
import { Card } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";

/** The key itself, this once, with what to set so that an SDK uses it. */
export function MadeKey({ made, onClose }: { made: components["schemas"]["MadeGatewayKey"]; onClose: () => void }) {
  const secret = made.secret ?? "";
  const code = [`export OPENAI_BASE_URL=${made.base_url}/v1`, `export OPENAI_API_KEY=${secret}`, "", `export ANTHROPIC_BASE_URL=${made.base_url}`, `export ANTHROPIC_API_KEY=${secret}`, "", `export GOOGLE_GEMINI_BASE_URL=${made.base_url}`, `export GEMINI_API_KEY=${secret}`].join("\n");
  return (
    <Card className="p-4">
      <div className="mb-3 flex flex-wrap items-start justify-between gap-3">
        <div>
          <h3 className="text-sm font-semibold">The key of {made.agent}</h3>
          <p className="text-xs text-muted">Copy it now: it is not shown again. Nothing else in the agent changes.</p>
        </div>
        <Button onClick={onClose}>Done</Button>
      </div>
      <CodeBlock title="Where the agent runs" code={code} wrap />
    </Card>
  );
}
