import { useMemo, useState } from "react";
import { JsonBlock } from "@/ui/json-block";
import { parseJson } from "@/ui/json-view";
import { CodeBlock } from "@/ui/copy";
import { blocksOf } from "./prose";

/** Longer texts are folded; a person may unfold them. */
const FOLD_AT = 2400;
const FOLD_TO = 1600;

/** Text as a person reads it: JSON folds, code keeps its shape, the rest is prose. Never HTML. */
export function Prose({ text, fold = true }: { text: string; fold?: boolean }) {
  const [whole, setWhole] = useState(false);
  const json = useMemo(() => parseJson(text), [text]);
  const cut = fold && !whole && !json && text.length > FOLD_AT;
  const shown = cut ? text.slice(0, FOLD_TO) : text;
  const blocks = useMemo(() => (json ? [] : blocksOf(shown)), [json, shown]);
  if (json) return <JsonBlock value={json} label="JSON" className="pl-3.5" />;
  return (
    <div className="flex flex-col gap-2 text-sm leading-[1.45rem] [overflow-wrap:anywhere]">
      {blocks.map((block, index) =>
        block.kind === "code" ? (
          <CodeBlock key={index} code={block.text} {...(block.language ? { title: block.language } : {})} />
        ) : (
          <p key={index} className="whitespace-pre-wrap">
            {block.inlines.map((part, place) =>
              part.kind === "bold" ? (
                <strong key={place} className="font-semibold">
                  {part.text}
                </strong>
              ) : part.kind === "code" ? (
                <code key={place} className="rounded bg-hover px-1 font-mono text-xs">
                  {part.text}
                </code>
              ) : (
                part.text
              ),
            )}
          </p>
        ),
      )}
      {cut ? (
        <button type="button" className="self-start rounded text-xs link" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString("en-US")} characters
        </button>
      ) : null}
    </div>
  );
}
