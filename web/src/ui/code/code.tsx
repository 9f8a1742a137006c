import { lazy, Suspense } from "react";
import { cx } from "../classes";
import type { Language } from "./languages";

const Mirror = lazy(() => import("./mirror").then((module) => ({ default: module.Mirror })));

interface CodeProps {
  text: string;
  language: Language;
  /** Says what it is to those who cannot see it, and names the box in tests. */
  label: string;
  /** Of the box, as CSS; longer text scrolls within it. */
  maxHeight?: string;
  className?: string;
}

interface CodeEditorProps extends CodeProps {
  id?: string;
  rows?: number;
  placeholder?: string;
  onChange: (text: string) => void;
}

/** Code or JSON to be read: folds, is searched with Ctrl-F, and 5 MB of it cost what fits on the screen. */
export function CodeView({ text, language, label, maxHeight = "60vh", className }: CodeProps) {
  return (
    <div className={cx("overflow-hidden rounded-lg border border-line bg-sunken", className)}>
      <Suspense fallback={<Plain text={text} label={label} maxHeight={maxHeight} />}>
        <Mirror text={text} language={language} label={label} maxHeight={maxHeight} />
      </Suspense>
    </div>
  );
}

/** Code or JSON to be written. Tab goes to the next control, as everywhere else; Ctrl-] indents. */
export function CodeEditor({ id, text, language, label, rows = 6, maxHeight = "60vh", placeholder, onChange, className }: CodeEditorProps) {
  const least = `${rows * 1.125 + 0.75}rem`;
  return (
    <div className={cx("overflow-hidden rounded-md border border-line-strong bg-surface focus-within:border-focus focus-within:ring-1 focus-within:ring-focus", className)}>
      <Suspense fallback={<div style={{ minHeight: least }} className="skeleton" role="status" aria-label="Loading" />}>
        <Mirror id={id} text={text} language={language} label={label} maxHeight={maxHeight} minHeight={least} placeholder={placeholder} onChange={onChange} />
      </Suspense>
    </div>
  );
}

/** How much is drawn while the editor's own code is on its way. */
const FIRST = 4000;

function Plain({ text, label, maxHeight }: { text: string; label: string; maxHeight: string }) {
  return (
    <pre tabIndex={0} aria-label={label} style={{ maxHeight }} className="overflow-auto p-3 font-mono text-xs leading-[1.125rem] [overflow-wrap:anywhere] whitespace-pre-wrap">
      {text.slice(0, FIRST)}
    </pre>
  );
}
