import { ChevronRight } from "lucide-react";
import { memo, useState } from "react";
import { cx } from "./classes";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** How many entries of one array or object are drawn before "show more". */
const PAGE = 100;
const LONG_TEXT = 600;

interface JsonViewProps {
  value: unknown;
  /** Levels that start open. */
  open?: number;
  className?: string;
}

/** JSON that folds. Long arrays and texts are drawn piece by piece, so that 5 MB do not stop the page. */
export function JsonView({ value, open = 2, className }: JsonViewProps) {
  return (
    <div className={cx("font-mono text-xs leading-5 break-words", className)}>
      <Node value={value as Json} depth={0} open={open} last />
    </div>
  );
}

/** Parses JSON text; undefined where it is not an object or an array. */
export function parseJson(text: string): object | undefined {
  const start = text.trimStart()[0];
  if (start !== "{" && start !== "[") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

interface NodeProps {
  name?: string;
  value: Json;
  depth: number;
  open: number;
  last: boolean;
}

const Node = memo(function Node({ name, value, depth, open, last }: NodeProps) {
  if (typeof value === "object" && value !== null) return <Branch name={name ?? ""} value={value} depth={depth} open={open} last={last} />;
  return (
    <div style={{ paddingLeft: depth ? 14 : 0 }}>
      <Key name={name} />
      <Leaf value={value} />
      {last ? null : <span className="text-faint">,</span>}
    </div>
  );
});

function Key({ name }: { name: string | undefined }) {
  return name ? (
    <>
      <span className="text-accent">{name}</span>
      <span className="text-faint">: </span>
    </>
  ) : null;
}

function Leaf({ value }: { value: string | number | boolean | null }) {
  const [whole, setWhole] = useState(false);
  if (typeof value !== "string")
    return <span style={{ color: value === null ? "var(--faint)" : "var(--kind-agent)" }}>{String(value)}</span>;
  const cut = !whole && value.length > LONG_TEXT;
  return (
    <span className="whitespace-pre-wrap text-ok">
      &quot;{cut ? value.slice(0, LONG_TEXT) : value}
      {cut ? (
        <button type="button" className="mx-1 rounded bg-hover px-1 text-2xs text-muted hover:text-text" onClick={() => setWhole(true)}>
          … {(value.length - LONG_TEXT).toLocaleString("en-US")} more characters
        </button>
      ) : null}
      &quot;
    </span>
  );
}

function Branch({ name, value, depth, open, last }: { name: string; value: Json[] | { [key: string]: Json }; depth: number; open: number; last: boolean }) {
  const [shown, setShown] = useState(depth < open);
  const [limit, setLimit] = useState(PAGE);
  const isArray = Array.isArray(value);
  const entries: [string, Json][] = isArray ? value.map((each) => ["", each]) : Object.entries(value);
  const [left, right] = isArray ? ["[", "]"] : ["{", "}"];
  const tail = last ? "" : ",";
  if (entries.length === 0)
    return (
      <div style={{ paddingLeft: depth ? 14 : 0 }}>
        <Key name={name} />
        <span className="text-faint">
          {left}
          {right}
          {tail}
        </span>
      </div>
    );
  return (
    <div style={{ paddingLeft: depth ? 14 : 0 }}>
      <button
        type="button"
        aria-expanded={shown}
        className="-ml-3.5 flex h-6 max-w-full items-center rounded text-left whitespace-pre hover:bg-hover"
        onClick={() => setShown(!shown)}
      >
        <ChevronRight className={cx("mr-0.5 size-3 shrink-0 text-faint transition-transform", shown && "rotate-90")} aria-hidden />
        <Key name={name} />
        <span className="min-w-0 truncate text-faint">
          {left}
          {shown ? "" : ` ${summary(value, entries.length)} ${right}${tail}`}
        </span>
      </button>
      {shown ? (
        <>
          {entries.slice(0, limit).map(([key, each], index) => (
            <Node key={key || index} name={key} value={each} depth={depth + 1} open={open} last={index === entries.length - 1} />
          ))}
          {entries.length > limit ? (
            <button type="button" className="ml-3.5 text-accent" onClick={() => setLimit(limit + PAGE)}>
              show {Math.min(PAGE, entries.length - limit)} more of {entries.length}
            </button>
          ) : null}
          <span className="text-faint">
            {right}
            {tail}
          </span>
        </>
      ) : null}
    </div>
  );
}

function summary(value: Json[] | { [key: string]: Json }, size: number): string {
  if (Array.isArray(value)) return `${size} ${size === 1 ? "item" : "items"}`;
  const keys = Object.keys(value).slice(0, 3).join(", ");
  return size > 3 ? `${keys}, …` : keys;
}
