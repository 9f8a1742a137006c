import { useQuery } from "@tanstack/react-query";
import { evaluatorsQuery } from "@/features/judge/queries";
import { Input, Labelled, Select } from "@/ui/form";
import type { Check, CheckHow } from "../types";

const HOWS: readonly { value: CheckHow; label: string; hint: string }[] = [
  { value: "contains", label: "contains", hint: "Somewhere in the answer, whatever its case and spaces" },
  { value: "exact", label: "is exactly", hint: "To the letter, but for white space at the ends" },
  { value: "number", label: "states the number", hint: "However it is written: 1,234.50 is 1234.5" },
  { value: "regex", label: "matches the pattern", hint: "A regular expression (RE2)" },
  { value: "json", label: "fits the JSON schema", hint: "" },
  { value: "evaluator", label: "passes the evaluator", hint: "One of the project's, run on the answer" },
];

export const lackingCheck = ({ how, expected }: Check): string => (how === "same" || expected.trim() ? "" : how === "evaluator" ? "the evaluator" : "what the right answer is");

export const USUAL_CHECK: Check = { how: "contains", expected: "" };

const AS_GOOD = { value: "good", label: "is the good run's", hint: "" };

interface CheckFieldsProps {
  project: string;
  /** Null: what the good run answered, to the letter. */
  check: Check | null;
  onChange: (check: Check | null) => void;
  /** Whether a good run says what is right. */
  asGood?: boolean;
  legend?: string;
  /** Evaluators are on the server: what runs without it has none. */
  offline?: boolean;
}

/** What decides that a rerun succeeded. */
export function CheckFields({ project, check: given, onChange, asGood = false, legend = "It succeeded when the answer", offline = false }: CheckFieldsProps) {
  const check = given ?? USUAL_CHECK;
  const hows = [...(asGood ? [AS_GOOD] : []), ...(offline ? HOWS.filter(({ value }) => value !== "evaluator") : HOWS)];
  const evaluators = useQuery({ ...evaluatorsQuery(project), enabled: check.how === "evaluator" });
  const names = [...new Set((evaluators.data?.items ?? []).map((each) => each.name))];
  return (
    <div className="grid gap-3 sm:grid-cols-[12rem_minmax(0,1fr)]">
      <Labelled label={legend}>
        {(id) => (
          <Select
            id={id}
            label={legend}
            value={given ? given.how : AS_GOOD.value}
            choices={hows}
            onChange={(how) => onChange(how === AS_GOOD.value ? null : { how: how as CheckHow, expected: how === "evaluator" || check.how === "evaluator" ? "" : check.expected })}
          />
        )}
      </Labelled>
      {given ? (
        <Labelled label={check.how === "evaluator" ? "Evaluator" : "Expected"} hint={HOWS.find(({ value }) => value === check.how)?.hint}>
          {(id) =>
            check.how === "evaluator" ? (
              <Select id={id} label="Evaluator" value={check.expected} choices={[{ value: "", label: names.length ? "Choose one" : evaluators.isPending ? "Loading" : "The project has none" }, ...names.map((name) => ({ value: name, label: name }))]} onChange={(expected) => onChange({ ...check, expected })} />
            ) : (
              <Input id={id} value={check.expected} placeholder={check.how === "number" ? "42.50" : check.how === "regex" ? "order #\\d+ is (shipped|on its way)" : "the text that is right"} onChange={(event) => onChange({ ...check, expected: event.target.value })} />
            )
          }
        </Labelled>
      ) : (
        <p className="text-2xs text-muted sm:pt-6">To the letter. Where its words may differ, say what has to be in the answer.</p>
      )}
    </div>
  );
}
