import { ChevronsDownUp, ChevronsUpDown, Search } from "lucide-react";
import type { RunSearch } from "@/routes/search";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { count } from "@/ui/format";

interface TreeToolbarProps {
  find: string;
  only: RunSearch["only"];
  onChange: (next: { find?: string | undefined; only?: RunSearch["only"] }) => void;
  onFoldAll: () => void;
  onUnfoldAll: () => void;
  shown: number;
  total: number;
}

const CHOICES = [
  [undefined, "All", "Every step that was received"],
  ["key", "Key", "Without the framework's machinery and without duplicates"],
  ["model", "Model", "Model calls"],
  ["tools", "Tools", "Tool calls"],
  ["errors", "Errors", "Errors and negative results"],
] as const;

export function TreeToolbar({ find, only, onChange, onFoldAll, onUnfoldAll, shown, total }: TreeToolbarProps) {
  return (
    <div className="flex h-10 shrink-0 items-center gap-2 border-b border-line px-3">
      <label className="flex h-7 min-w-0 flex-1 items-center gap-2 rounded-md border border-line-strong bg-surface px-2 focus-within:border-focus focus-within:ring-1 focus-within:ring-focus">
        <Search className="size-3.5 shrink-0 text-muted" aria-hidden />
        <input
          data-search
          aria-label="Find a step"
          placeholder="Find a step"
          className="min-w-0 flex-1 bg-transparent text-xs outline-none"
          value={find}
          onChange={(event) => onChange({ find: event.target.value || undefined })}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              onChange({ find: undefined });
              event.currentTarget.blur();
            }
          }}
        />
        {shown < total ? (
          <span className="num shrink-0 text-2xs text-muted" role="status">
            {count(shown)} of {count(total)}
          </span>
        ) : null}
      </label>
      <div role="group" aria-label="Which steps" className="flex shrink-0 rounded-md border border-line-strong p-px">
        {CHOICES.map(([value, label, title]) => (
          <button
            key={label}
            type="button"
            title={title}
            aria-pressed={only === value}
            onClick={() => onChange({ only: value })}
            className={cx("h-6 rounded px-2 text-2xs", only === value ? "bg-hover font-medium text-text" : "text-muted hover:text-text")}
          >
            {label}
          </button>
        ))}
      </div>
      <span className="flex shrink-0">
        <IconButton label="Fold all" keys="[" onClick={onFoldAll}>
          <ChevronsDownUp />
        </IconButton>
        <IconButton label="Unfold all" keys="]" onClick={onUnfoldAll}>
          <ChevronsUpDown />
        </IconButton>
      </span>
    </div>
  );
}
