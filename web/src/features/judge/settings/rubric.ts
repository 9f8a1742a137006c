/** The answers a judge may give, as lines of text: "name = value [failure mode]: meaning". Pure, so that it can be tested. */

export interface Label {
  name: string;
  value: number | null;
  meaning: string;
  /** Failure mode a run with this answer has, "" for none. */
  mode: string;
}

export function labelLines(labels: readonly { name: string; value?: number | null | undefined; meaning: string; mode?: string | undefined }[]): string {
  return labels.map(({ name, value, meaning, mode }) => `${name} = ${value ?? "none"}${mode ? ` [${mode}]` : ""}${meaning ? `: ${meaning}` : ""}`).join("\n");
}

const LINE = /^\s*([^=]+?)\s*=\s*([^:[]+?)\s*(?:\[([\w.-]*)\]\s*)?(?::\s*([\s\S]*?)\s*)?$/;

/** The labels that lines name, and what is wrong with the others. */
export function readLabels(text: string): { labels: Label[]; wrong: string[] } {
  const labels: Label[] = [];
  const wrong: string[] = [];
  for (const line of text.split("\n").filter((each) => each.trim())) {
    const found = LINE.exec(line);
    const value = found?.[2] === "none" ? null : Number(found?.[2]);
    if (!found?.[1] || (value !== null && !(value >= 0 && value <= 1))) wrong.push(`“${line.trim().slice(0, 40)}”: expected name = a number from 0 to 1, or none [failure mode]: meaning`);
    else labels.push({ name: found[1], value, meaning: found[4] ?? "", mode: found[3] ?? "" });
  }
  if (!wrong.length && labels.length < 2) wrong.push("A judge needs two answers at least to choose from");
  return { labels, wrong };
}
