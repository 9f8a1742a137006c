import {
  Bot,
  Box,
  Braces,
  Brain,
  Circle,
  ClipboardList,
  Database,
  FileText,
  GitFork,
  Layers,
  Link2,
  ListOrdered,
  MessageSquare,
  Plug,
  Scale,
  ShieldCheck,
  Wrench,
  type LucideIcon,
} from "lucide-react";

export interface KindLook {
  icon: LucideIcon;
  label: string;
  /** A CSS colour, of the tokens. */
  color: string;
}

const look = (icon: LucideIcon, label: string, token: string): KindLook => ({ icon, label, color: `var(--kind-${token})` });

/** One entry for each kind of span the server knows. */
const KINDS: Record<string, KindLook> = {
  agent: look(Bot, "Agent", "agent"),
  workflow: look(GitFork, "Workflow", "workflow"),
  llm: look(MessageSquare, "Model call", "llm"),
  tool: look(Wrench, "Tool", "tool"),
  retrieval: look(Database, "Retrieval", "retrieval"),
  embedding: look(Layers, "Embedding", "embedding"),
  reranker: look(ListOrdered, "Reranker", "embedding"),
  handoff: look(GitFork, "Hand-off", "handoff"),
  guardrail: look(ShieldCheck, "Guardrail", "guardrail"),
  evaluator: look(Scale, "Evaluator", "guardrail"),
  plan: look(ClipboardList, "Plan", "plan"),
  memory: look(Brain, "Memory", "retrieval"),
  prompt: look(FileText, "Prompt", "plan"),
  chain: look(Link2, "Chain", "workflow"),
  mcp: look(Plug, "MCP", "tool"),
  other: look(Circle, "Other", "other"),
  json: look(Braces, "JSON", "other"),
};

const OTHER = look(Box, "Other", "other");

export function kindLook(kind: string): KindLook {
  return KINDS[kind] ?? OTHER;
}

export function KindIcon({ kind, className = "size-3.5" }: { kind: string; className?: string }) {
  const { icon: Icon, label, color } = kindLook(kind);
  return <Icon className={`shrink-0 ${className}`} style={{ color }} role="img" aria-label={label} strokeWidth={2} />;
}
