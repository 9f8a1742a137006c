import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { IconButton } from "./button";
import { cx } from "./classes";
import { shortId } from "./format";

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1400);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (text: string) => {
    void copyText(text).then(() => setCopied(true));
  };
  return [copied, copy];
}

/** The clipboard API needs a secure context; a page opened over plain HTTP from another machine has none. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  document.execCommand("copy"); // eslint-disable-line @typescript-eslint/no-deprecated -- the only way without TLS
  area.remove();
}

export function CopyButton({ text, label = "Copy", className }: { text: string; label?: string; className?: string }) {
  const [copied, copy] = useCopied();
  return (
    <IconButton
      label={copied ? "Copied" : label}
      size="sm"
      className={className}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        copy(text);
      }}
    >
      {copied ? <Check className="text-ok" /> : <Copy />}
    </IconButton>
  );
}

/** An id, shortened, that copies itself whole. */
export function CopyId({ id, label = "Copy id", full = false }: { id: string; label?: string; full?: boolean }) {
  const [copied, copy] = useCopied();
  return (
    <button
      type="button"
      title={`${label}: ${id}`}
      className={cx("group/copy -mx-1 inline-flex items-center gap-1 rounded px-1 text-left font-mono text-2xs text-muted hover:bg-hover hover:text-text", full ? "min-w-0" : "shrink-0")}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        copy(id);
      }}
    >
      <span className="sr-only">{copied ? "Copied" : label} </span>
      <span className={full ? "break-all" : undefined}>{full ? id : shortId(id)}</span>
      {copied ? (
        <Check className="size-3 text-ok" aria-hidden />
      ) : (
        <Copy className="size-3 opacity-0 group-hover/copy:opacity-60 group-focus-visible/copy:opacity-60" aria-hidden />
      )}
    </button>
  );
}

/** Lines to copy, as a terminal or an editor shows them. */
export function CodeBlock({ code, title, wrap = false }: { code: string; title?: string; wrap?: boolean }) {
  return (
    <div className="relative overflow-hidden rounded-lg border border-line bg-sunken">
      {title ? (
        <div className="flex h-7 items-center border-b border-line px-3 text-2xs font-medium text-muted">{title}</div>
      ) : null}
      <CopyButton text={code} className={cx("absolute right-1 bg-sunken", title ? "top-px" : "top-1")} />
      <pre
        tabIndex={0}
        aria-label={title ?? "Code"}
        className={cx(
          "overflow-x-auto p-3 pr-9 font-mono text-xs leading-5",
          wrap && "break-words whitespace-pre-wrap",
        )}
      >
        {code}
      </pre>
    </div>
  );
}
