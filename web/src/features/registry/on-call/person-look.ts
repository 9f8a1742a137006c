import { colourOf } from "./band";

/** Tokens, told apart beside each other; the name stands on every shift, so colour is never alone. */
const TOKENS = ["kind-llm", "kind-agent", "kind-tool", "kind-retrieval", "kind-handoff", "kind-guardrail", "kind-plan", "kind-workflow"] as const;

export const personColour = (person: string): string => `var(--${TOKENS[colourOf(person)] ?? "kind-other"})`;
