import { Pencil } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { cx } from "@/ui/classes";
import { inputClass } from "@/ui/form";

interface CellProps {
  /** Of the row, and of the column: where the arrow keys go. */
  place: number;
  column: string;
  label: string;
  value: string;
  /** Said by a person, not found. */
  corrected: boolean;
  /** Where it was found: on hover. */
  from: string;
  list?: string;
  onSave: (value: string) => void;
  className?: string;
}

const at = (place: number, column: string) => document.querySelector<HTMLElement>(`[data-cell="${place}:${column}"]`);

/** The next row's cell of the column, over rows that have none. */
function go(place: number, column: string, step: number): void {
  for (let next = place + step; Math.abs(next - place) < 4; next += step) {
    const found = at(next, column);
    if (!found) continue;
    found.focus();
    found.scrollIntoView({ block: "nearest" });
    return;
  }
}

/** A text to be corrected in place: Enter begins, saves and goes on below; Esc leaves it; arrows move between rows. */
export function Cell({ place, column, label, value, corrected, from, list, onSave, className }: CellProps) {
  const [text, setText] = useState<string>();
  const done = (save: boolean) => {
    if (save && text !== undefined && text.trim() !== value) onSave(text.trim());
    setText(undefined);
  };
  const back = (step: number) => requestAnimationFrame(() => (step ? go(place, column, step) : at(place, column)?.focus()));
  if (text !== undefined)
    return (
      <input
        ref={(made) => made?.focus()}
        aria-label={label}
        className={cx(inputClass, "h-8!", className)}
        value={text}
        list={list}
        maxLength={2000}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
        onBlur={() => done(true)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          done(event.key === "Enter");
          back(event.key === "Enter" ? 1 : 0);
        }}
      />
    );
  const keys = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      go(place, column, step);
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      setText(event.key);
    }
  };
  return (
    <button
      type="button"
      data-cell={`${place}:${column}`}
      aria-label={`${label}: ${value || "not known"}${corrected ? ", corrected" : ""}`}
      title={corrected ? "Said by a person" : from ? `Found from: ${from}` : "Nothing was found"}
      onClick={() => setText(value)}
      onKeyDown={keys}
      className={cx("flex h-8 w-full min-w-0 items-center gap-1 rounded-md px-1.5 text-left text-xs hover:bg-hover", className)}
    >
      {corrected ? <Pencil className="size-3 shrink-0 text-accent" aria-hidden /> : null}
      <span className={cx("truncate", !value && "text-faint", corrected && "font-medium")}>{value || "–"}</span>
    </button>
  );
}
