import { Select as BaseSelect } from "@base-ui/react/select";
import { Switch as BaseSwitch } from "@base-ui/react/switch";
import { ChevronDown } from "lucide-react";
import { useId, type ComponentProps, type ReactNode } from "react";
import { cx } from "./classes";

export const inputClass =
  "h-7 w-full rounded-md border border-line-strong bg-surface px-2 text-xs text-text outline-none transition-colors focus:border-focus focus:ring-1 focus:ring-focus";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(inputClass, className)} autoComplete="off" spellCheck={false} {...rest} />;
}

interface LabelledProps {
  label: string;
  hint?: ReactNode;
  children: (id: string) => ReactNode;
  className?: string;
}

/** A control under its label, with a line that says what it wants. */
export function Labelled({ label, hint, children, className }: LabelledProps) {
  const id = useId();
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="text-xs font-medium">
        {label}
      </label>
      {children(id)}
      {hint ? <p className="text-2xs text-muted">{hint}</p> : null}
    </div>
  );
}

export interface Choice {
  value: string;
  label: string;
}

interface SelectProps {
  id?: string;
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
  label: string;
  className?: string;
}

export function Select({ id, value, choices, onChange, label, className }: SelectProps) {
  return (
    <BaseSelect.Root
      value={value}
      items={choices}
      onValueChange={(next) => {
        if (typeof next === "string") onChange(next);
      }}
    >
      <BaseSelect.Trigger
        id={id}
        aria-label={label}
        className={cx(
          "inline-flex h-7 items-center justify-between gap-2 rounded-md border border-line-strong bg-surface px-2 text-xs whitespace-nowrap hover:bg-hover",
          className,
        )}
      >
        <BaseSelect.Value />
        <BaseSelect.Icon>
          <ChevronDown className="size-3.5 text-muted" aria-hidden />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <BaseSelect.Popup className="max-h-72 min-w-(--anchor-width) overflow-auto rounded-lg bg-raised p-1 text-text shadow-pop outline-none">
            {choices.map((choice) => (
              <BaseSelect.Item
                key={choice.value}
                value={choice.value}
                className="flex h-7 cursor-default items-center gap-2 rounded px-2 text-xs outline-none select-none data-highlighted:bg-hover data-selected:font-medium data-selected:text-accent"
              >
                <BaseSelect.ItemText>{choice.label}</BaseSelect.ItemText>
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

export function Switch({ checked, onChange, label }: { checked: boolean; onChange: (value: boolean) => void; label: string }) {
  return (
    <BaseSwitch.Root
      checked={checked}
      onCheckedChange={onChange}
      aria-label={label}
      className="inline-flex h-4.5 w-8 shrink-0 items-center rounded-full bg-line-strong p-0.5 transition-colors data-checked:bg-accent"
    >
      <BaseSwitch.Thumb className="size-3.5 rounded-full bg-surface shadow transition-transform data-checked:translate-x-3.5" />
    </BaseSwitch.Root>
  );
}
