/** A form out of the JSON Schema of a configuration. Pure, so that it can be tested. */
import type { Language } from "@/ui/code/languages";

export type FieldKind = "text" | "long" | "number" | "switch" | "choice" | "lines" | "json";

export interface SchemaField {
  name: string;
  label: string;
  help: string;
  kind: FieldKind;
  /** Of a long text or of JSON, so that it can be coloured. */
  language: Language;
  choices: string[];
  required: boolean;
  /** Whether it may be left empty, which then means null. */
  nullable: boolean;
  fallback: unknown;
}

interface Node {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Node[];
  $ref?: string;
  items?: Node;
  maxLength?: number;
  contentMediaType?: string;
}

interface Schema {
  properties?: Record<string, Node>;
  required?: string[];
  $defs?: Record<string, Node>;
}

/** From this length on, a text is written in a box of several lines. */
const LONG = 5000;

export function fieldsOf(schema: unknown): SchemaField[] {
  const { properties = {}, required = [], $defs = {} } = (schema ?? {}) as Schema;
  const followed = (node: Node): Node => {
    const name = node.$ref?.split("/").at(-1);
    return name && $defs[name] ? { ...$defs[name], ...node } : node;
  };
  return Object.entries(properties).map(([name, raw]) => {
    const options = raw.anyOf?.map(followed) ?? [];
    const nullable = options.some((each) => each.type === "null");
    const real = options.filter((each) => each.type !== "null");
    // A union of several shapes is written as JSON.
    const node: Node = real.length > 1 ? { ...raw, type: "any" } : { ...real[0], ...followed(raw) };
    const kind = kindOf(node, followed);
    return {
      name,
      label: sentence(name),
      help: raw.description ?? node.description ?? "",
      kind,
      language: kind === "json" ? "json" : node.contentMediaType === "text/x-python" ? "python" : "text",
      choices: (node.enum ?? []).map(String),
      required: required.includes(name),
      nullable,
      fallback: raw.default,
    };
  });
}

function kindOf(node: Node, followed: (node: Node) => Node): FieldKind {
  if (node.enum) return "choice";
  if (node.type === "boolean") return "switch";
  if (node.type === "number" || node.type === "integer") return "number";
  if (node.type === "array") return node.items && followed(node.items).type === "string" ? "lines" : "json";
  if (node.type === "string") return (node.maxLength ?? 0) >= LONG ? "long" : "text";
  return "json";
}

const sentence = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What stands in the form for a value; switches are "true" or "". */
export function drawn(field: SchemaField, value: unknown): string {
  const shown = value === undefined ? field.fallback : value;
  if (shown === undefined || shown === null) return field.kind === "choice" ? (field.choices[0] ?? "") : "";
  if (field.kind === "switch") return shown === true ? "true" : "";
  if (field.kind === "lines") return Array.isArray(shown) ? shown.join("\n") : "";
  if (field.kind === "json") return JSON.stringify(shown, null, 2);
  return typeof shown === "string" ? shown : JSON.stringify(shown);
}

export type Read = { ok: true; value: unknown } | { ok: false; why: string };

/** What a field's text means; undefined leaves it to the server's default. */
export function read(field: SchemaField, text: string): Read {
  const good = (value: unknown): Read => ({ ok: true, value });
  if (field.kind === "switch") return good(text === "true");
  if (field.kind === "lines") {
    const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.length || !field.required ? good(lines) : { ok: false, why: `${field.label}: at least one line` };
  }
  if (text.trim() === "") {
    if (field.required) return { ok: false, why: `${field.label}: needed` };
    return good(field.nullable ? null : undefined);
  }
  if (field.kind === "number") {
    const value = Number(text);
    return Number.isFinite(value) ? good(value) : { ok: false, why: `${field.label}: expected a number` };
  }
  if (field.kind !== "json") return good(text);
  try {
    return good(JSON.parse(text) as unknown);
  } catch (error) {
    return { ok: false, why: `${field.label}: not valid JSON (${error instanceof Error ? error.message : "unreadable"})` };
  }
}

/** The configuration that a form holds, or what is wrong with it. */
export function configOf(fields: readonly SchemaField[], texts: Readonly<Record<string, string>>, known: Readonly<Record<string, unknown>>): { config: Record<string, unknown>; wrong: string[] } {
  const config: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const field of fields) {
    const found = read(field, texts[field.name] ?? drawn(field, known[field.name]));
    if (!found.ok) wrong.push(found.why);
    else if (found.value !== undefined) config[field.name] = found.value;
  }
  return { config, wrong };
}
