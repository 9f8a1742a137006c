import { Bot, FileText, Terminal, User, Wrench, type LucideIcon } from "lucide-react";

interface RoleLook {
  icon: LucideIcon;
  label: string;
  /** Of the line at the side. */
  color: string;
}

const ROLES: Record<string, RoleLook> = {
  system: { icon: Terminal, label: "System", color: "var(--line-strong)" },
  user: { icon: User, label: "User", color: "var(--kind-retrieval)" },
  assistant: { icon: Bot, label: "Assistant", color: "var(--kind-llm)" },
  tool: { icon: Wrench, label: "Tool result", color: "var(--kind-tool)" },
};
const OTHER_ROLE: RoleLook = { icon: FileText, label: "Message", color: "var(--line-strong)" };

/** How one who speaks in a chat is drawn. */
export function roleLook(role: string): RoleLook {
  return ROLES[role] ?? OTHER_ROLE;
}
