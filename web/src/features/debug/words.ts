/** Checks and changes, as sentences say them. */

const CHECKS: Record<string, string> = {
  contains: "contains",
  exact: "is exactly",
  number: "states the number",
  regex: "matches",
  json: "fits the schema",
  evaluator: "passes the evaluator",
  command: "passes the runner's command",
  same: "is as recorded",
};

/** "contains “42”": goes on from "the answer". */
export function checkWords(check: { how: string; expected: string } | null): string {
  if (!check) return "is right";
  const { how, expected } = check;
  return `${CHECKS[how] ?? how}${expected ? ` “${expected.length > 120 ? `${expected.slice(0, 120)}…` : expected}”` : ""}`;
}
