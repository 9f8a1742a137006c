/** What to type in a shell, where the agent lives. */
import type { After, Budget, Change, Check, EntryPoint } from "../types";

/** One word of a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

type Word = string | false | undefined | null;

export const line = (...words: readonly Word[]): string => words.filter((word) => Boolean(word)).join(" ");

const flag = (name: string, value: string | number | null | undefined): Word => (value === null || value === undefined || value === "" ? false : `--${name} ${quoted(String(value))}`);

/** The project is said where it is not the usual one. */
const inProject = (project: string): Word => (project === "default" ? false : flag("project", project));

/** Nothing where the server knows how the agent is started. */
export function entryFlags(entry: EntryPoint | undefined): string {
  if (!entry) return "";
  const { via } = entry;
  const how = via === "url" ? flag("url", entry.url) : via === "callable" ? flag("callable", entry.callable) : flag("command", entry.command);
  return line(how, via === "callable" && flag("python", entry.python), via !== "url" && flag("folder", entry.folder));
}

const AFTER: Record<After, string> = { recorded: "--recorded", mixed: "--mixed", live: "--live" };

const checkFlag = ({ how, expected }: Check): Word => flag("check", how === "same" ? how : `${how}:${expected}`);

const liveTools = (tools: readonly string[]): Word[] => tools.map((tool) => flag("live-tools", tool));

const bounds = (budget: Budget): Word[] => [flag("budget-reruns", budget.reruns), flag("budget-usd", budget.usd), flag("budget-seconds", budget.seconds)];

/** A runner takes what starts the agent as registered; told how, all of the agent's. */
export const runnerCommand = (project: string, agent: string, entry?: EntryPoint): string => line("roadworthy runner", flag("agent", agent), entryFlags(entry), inProject(project));

export const replayCommand = (project: string, runId: string, entry: EntryPoint | undefined, repeats = 1): string => line("roadworthy replay", quoted(runId), often(repeats), entryFlags(entry), inProject(project));

const often = (repeats: number): Word => repeats > 1 && flag("repeats", repeats);

interface ForkWords {
  repeats?: number;
  change: Change;
  after: After;
  tools: readonly string[];
}

export function forkCommand(project: string, runId: string, entry: EntryPoint | undefined, { change, after, tools, repeats = 1 }: ForkWords): string {
  const { step, kind, onwards } = change;
  return line("roadworthy fork", quoted(runId), flag("at", step), changeFlags(change), onwards && kind !== "forbid" && "--onwards", AFTER[after], ...liveTools(tools), often(repeats), entryFlags(entry), inProject(project));
}

/** A model that only calls tools says nothing. */
function changeFlags({ kind, text, find, code, tool_calls: calls }: Change): string {
  const said = kind === "answer" && calls && !text ? false : `--${kind} ${quoted(text)}`;
  return line(kind === "prompt" && flag("find", find), said, kind === "answer" && flag("tool-calls", calls), kind === "error" && flag("code", code));
}

interface BisectWords {
  /** Null: as the good run answered. */
  check: Check | null;
  good: string;
  fixes: readonly Change[];
  model: string;
  after: After;
  tools: readonly string[];
  budget: Budget;
  confidence: number;
  concurrency?: number;
}

/** What a person says is right: a kind that is not that of the step is named. */
const fixFlag = ({ step, kind, text }: Change): Word => `--fix ${quoted(`${step}${kind === "answer" || kind === "result" ? "" : `:${kind}`}=${text}`)}`;

/** "" where --fix has no words for the change: a part of a prompt, other tools called. */
export function bisectCommand(project: string, runId: string, entry: EntryPoint | undefined, { check, good, fixes, model, after, tools, budget, confidence, concurrency = 1 }: BisectWords): string {
  if (fixes.some((each) => each.find || each.tool_calls)) return "";
  return line(
    "roadworthy bisect",
    quoted(runId),
    check && checkFlag(check),
    flag("good", good),
    flag("model", model),
    ...fixes.map(fixFlag),
    AFTER[after],
    ...liveTools(tools),
    confidence !== 0.9 && flag("confidence", confidence),
    ...bounds(budget),
    concurrency > 1 && flag("concurrency", concurrency),
    entryFlags(entry),
    inProject(project),
  );
}
