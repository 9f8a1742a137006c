import type { ReactNode } from "react";

/** Figures beside each other, each under its name. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode] | false)[] }) {
  return (
    <dl className="num flex flex-wrap gap-x-6 gap-y-2 text-xs">
      {facts.map((fact) =>
        fact ? (
          <div key={fact[0]}>
            <dt className="text-2xs text-muted">{fact[0]}</dt>
            <dd className="font-medium">{fact[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

/** What was found, a sentence each; the first one says it. `but` are said elsewhere on the page. */
export function Sentences({ sentences: all, but = [] }: { sentences: readonly string[]; but?: readonly string[] }) {
  const sentences = all.filter((each) => !but.includes(each));
  if (!sentences.length) return null;
  return (
    <ul className="flex flex-col gap-1 text-xs">
      {sentences.map((each, at) => (
        <li key={at} className={at === 0 ? "" : "text-muted"}>
          {each}
        </li>
      ))}
    </ul>
  );
}
