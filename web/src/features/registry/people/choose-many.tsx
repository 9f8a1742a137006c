import { X } from "lucide-react";
import { IconButton } from "@/ui/button";
import { Select, type Choice } from "@/ui/form";

interface ChooseManyProps {
  label: string;
  value: readonly string[];
  choices: readonly Choice[];
  onChange: (value: string[]) => void;
  /** Said where there is nothing to choose. */
  none: string;
}

/** Several of a list, in order. */
export function ChooseMany({ label, value, choices, onChange, none }: ChooseManyProps) {
  const left = choices.filter((each) => !value.includes(each.value));
  const name = (id: string) => choices.find((each) => each.value === id)?.label ?? id;
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 text-xs font-medium">{label}</legend>
      {value.map((each) => (
        <span key={each} className="flex h-7 items-center gap-2 rounded-md border border-line px-2 text-xs">
          <span className="flex-1 truncate">{name(each)}</span>
          <IconButton size="sm" label={`Take out ${name(each)}`} onClick={() => onChange(value.filter((one) => one !== each))}>
            <X />
          </IconButton>
        </span>
      ))}
      {left.length ? (
        <Select label={`Add to ${label.toLowerCase()}`} value="" choices={[{ value: "", label: "Add" }, ...left]} onChange={(next) => next && onChange([...value, next])} />
      ) : choices.length === 0 ? (
        <p className="text-2xs text-muted">{none}</p>
      ) : null}
    </fieldset>
  );
}
