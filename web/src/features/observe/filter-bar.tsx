import { Search, X } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent } from "react";
import { cx } from "@/ui/classes";
import { needsValue, OP_WORDS, readFilters, readTyped, writeFilter, type Filter } from "./filters";
import { useSuggestions, type Draft, type Suggestion } from "./filter-suggestions";

interface FilterBarProps {
  project: string;
  filters: string[] | undefined;
  text: string | undefined;
  onChange: (next: { filter: string[] | undefined; text: string | undefined }) => void;
}

const START: Draft = { typed: "" };

/**
 * One box for filters and full text. Typing completes fields, then ops, then values; anything that is no
 * filter searches the inputs and outputs. Backspace goes back a step.
 */
export function FilterBar({ project, filters, text, onChange }: FilterBarProps) {
  const [draft, setDraft] = useState<Draft>(START);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const shown = readFilters(filters);
  const suggestions = useSuggestions(project, draft, open);
  const active = Math.min(at, suggestions.length - 1);

  const write = (next: Filter[], words = text) => {
    onChange({ filter: next.length ? next.map(writeFilter) : undefined, text: words?.trim() ? words.trim() : undefined });
  };
  const reset = () => {
    setDraft(START);
    setAt(0);
  };
  const add = (filter: Filter) => {
    write([...shown, filter]);
    reset();
  };
  const take = (suggestion: Suggestion) => {
    setAt(0);
    if (suggestion.kind === "text") {
      write(shown, draft.typed);
      reset();
      setOpen(false);
    } else if (suggestion.kind === "filter") add(suggestion.filter);
    else if (suggestion.kind === "field") setDraft({ field: suggestion.field, typed: "" });
    else if (suggestion.kind === "op") {
      if (draft.field && !needsValue(suggestion.op)) add({ field: draft.field, op: suggestion.op, value: "" });
      else setDraft({ ...draft, op: suggestion.op, typed: "" });
    } else if (draft.field && draft.op) add({ field: draft.field, op: draft.op, value: suggestion.value });
    input.current?.focus();
  };
  const back = () => {
    if (draft.op) setDraft({ ...(draft.field ? { field: draft.field } : {}), typed: "" });
    else if (draft.field) setDraft({ typed: "" });
    else if (text) write(shown, "");
    else if (shown.length) write(shown.slice(0, -1));
  };
  const enter = () => {
    const chosen = suggestions[active];
    const typed = draft.field ? undefined : readTyped(draft.typed);
    if (typed) add(typed);
    else if (open && chosen) take(chosen);
    else if (!draft.field && draft.typed.trim()) take({ kind: "text" });
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      setOpen(true);
      setAt((active + step + Math.max(1, suggestions.length)) % Math.max(1, suggestions.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      enter();
    } else if (event.key === "Tab" && open && draft.typed && suggestions[active]) {
      event.preventDefault();
      take(suggestions[active]);
    } else if (event.key === "Backspace" && draft.typed === "") back();
    else if (event.key === "Escape") {
      reset();
      setOpen(false);
      input.current?.blur();
    }
  };
  const some = shown.length > 0 || Boolean(text);
  return (
    <div className="relative min-w-0 flex-1">
      <div
        className="flex min-h-8 flex-wrap items-center gap-1 rounded-md border border-line-strong bg-surface py-0.5 pr-1 pl-2 shadow-card focus-within:border-focus focus-within:ring-1 focus-within:ring-focus"
        onClick={() => input.current?.focus()}
        role="presentation"
      >
        <Search className="mr-1 size-3.5 shrink-0 text-muted" aria-hidden />
        {shown.map((filter, index) => (
          <Chip key={`${writeFilter(filter)} ${index}`} label={`${filter.field} ${OP_WORDS[filter.op]} ${filter.value}`} onRemove={() => write(shown.filter((_, each) => each !== index))}>
            <span className="text-muted">{filter.field.replace(/^attributes\./, "")}</span>
            <span className="text-faint">{OP_WORDS[filter.op]}</span>
            {needsValue(filter.op) ? <span className="max-w-56 truncate font-medium">{filter.value}</span> : null}
          </Chip>
        ))}
        {text ? (
          <Chip label={`text ${text}`} onRemove={() => write(shown, "")}>
            <span className="text-muted">text</span>
            <span className="max-w-72 truncate font-medium">“{text}”</span>
          </Chip>
        ) : null}
        {draft.field ? (
          <span className="flex items-center gap-1 text-xs">
            <span className="text-accent">{draft.field}</span>
            {draft.op ? <span className="text-muted">{OP_WORDS[draft.op]}</span> : null}
          </span>
        ) : null}
        <input
          ref={input}
          data-search
          role="combobox"
          aria-label="Filter runs, or search their text"
          aria-expanded={open && suggestions.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={open && suggestions.length ? `${listId}-${active}` : undefined}
          autoComplete="off"
          spellCheck={false}
          className="h-6 min-w-40 flex-1 bg-transparent text-xs outline-none"
          placeholder={draft.field ? "" : some ? "Add a filter" : "Filter by any field, or search inputs and outputs"}
          value={draft.typed}
          onChange={(event) => {
            setDraft({ ...draft, typed: event.target.value });
            setAt(0);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKey}
        />
        {some ? (
          <button type="button" className="rounded px-1.5 text-2xs text-muted hover:bg-hover hover:text-text" onClick={() => write([], "")}>
            Clear
          </button>
        ) : null}
      </div>
      {open && suggestions.length ? (
        <ul id={listId} role="listbox" aria-label="Suggestions" className="absolute top-full left-0 z-30 mt-1 max-h-80 w-full max-w-lg overflow-auto rounded-lg bg-raised p-1 shadow-pop">
          {suggestions.map((suggestion, index) => (
            <Option key={index} id={`${listId}-${index}`} suggestion={suggestion} typed={draft.typed} active={index === active} onTake={() => take(suggestion)} />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Chip({ label, onRemove, children }: { label: string; onRemove: () => void; children: React.ReactNode }) {
  return (
    <span className="inline-flex h-6 items-center gap-1 rounded bg-hover pl-1.5 text-xs">
      {children}
      <button type="button" aria-label={`Remove filter ${label}`} className="flex h-6 w-5 items-center justify-center rounded text-faint hover:text-text" onClick={onRemove}>
        <X className="size-3" />
      </button>
    </span>
  );
}

function Option({ id, suggestion, typed, active, onTake }: { id: string; suggestion: Suggestion; typed: string; active: boolean; onTake: () => void }) {
  const [main, hint] = words(suggestion, typed);
  return (
    <li
      id={id}
      role="option"
      aria-selected={active}
      ref={(element) => {
        if (active) element?.scrollIntoView({ block: "nearest" });
      }}
      className={cx("flex h-7 cursor-pointer items-center gap-3 rounded px-2 text-xs", active && "bg-selected")}
      // Not click: the input would lose its focus, and the list with it, before the click arrives.
      onMouseDown={(event) => {
        event.preventDefault();
        onTake();
      }}
    >
      <span className="truncate">{main}</span>
      <span className="ml-auto shrink-0 text-2xs text-faint">{hint}</span>
    </li>
  );
}

function words(suggestion: Suggestion, typed: string): [string, string] {
  switch (suggestion.kind) {
    case "text":
      return [`Search inputs and outputs for “${typed.trim()}”`, "full text"];
    case "filter":
      return [`${suggestion.filter.field} ${OP_WORDS[suggestion.filter.op]} ${suggestion.filter.value}`, "filter"];
    case "field":
      return [suggestion.field, suggestion.help];
    case "op":
      return [OP_WORDS[suggestion.op], ""];
    case "value":
      return [suggestion.value, suggestion.seen ? "" : "as typed"];
  }
}
