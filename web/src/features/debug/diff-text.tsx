import { cx } from "@/ui/classes";

/** Lines of a unified diff: "-" was recorded, "+" is what came instead. */
export function DiffText({ text, label }: { text: string; label: string }) {
  return (
    <pre tabIndex={0} aria-label={label} className="max-h-80 overflow-auto rounded-lg border border-line bg-sunken py-2 font-mono text-xs leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
      {text.split("\n").map((line, at) => (
        <span key={at} className={cx("block px-3", toneOf(line))}>
          {line || " "}
        </span>
      ))}
    </pre>
  );
}

function toneOf(line: string): string {
  if (line.startsWith("@@") || line.startsWith("---") || line.startsWith("+++")) return "text-faint";
  if (line.startsWith("-")) return "bg-bad-soft text-bad";
  if (line.startsWith("+")) return "bg-ok-soft text-ok";
  return "text-muted";
}
