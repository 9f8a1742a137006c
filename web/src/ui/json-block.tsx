import { Maximize2 } from "lucide-react";
import { useMemo, useState } from "react";
import { IconButton } from "./button";
import { cx } from "./classes";
import { CodeView } from "./code/code";
import { JsonView } from "./json-view";
import { Dialog } from "./overlay";

interface JsonBlockProps {
  value: object;
  /** Of what it is: "Arguments". */
  label: string;
  open?: number;
  className?: string;
}

/** From this many characters on, JSON is worth a window of its own. */
const LARGE = 1500;

/**
 * JSON within a page: it folds in place, wraps, and its texts are marked where a verdict quotes them. What is
 * larger opens as text too, to be searched and copied in parts.
 */
export function JsonBlock({ value, label, open, className }: JsonBlockProps) {
  const [whole, setWhole] = useState(false);
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  return (
    <div className={cx("relative", className)}>
      <JsonView value={value} {...(open === undefined ? {} : { open })} />
      {text.length > LARGE ? (
        <IconButton label={`Open ${label.toLowerCase()} as text`} size="sm" className="absolute top-0.5 right-0.5 bg-sunken" onClick={() => setWhole(true)}>
          <Maximize2 />
        </IconButton>
      ) : null}
      {whole ? (
        <Dialog open onOpenChange={setWhole} title={label} width="max-w-5xl">
          <CodeView text={text} language="json" label={`${label} as text`} maxHeight="58vh" />
        </Dialog>
      ) : null}
    </div>
  );
}
