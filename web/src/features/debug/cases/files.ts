import { line, quoted } from "../starting/commands";
import type { Case } from "../types";

/** Where the file of a case is fetched from. */
export const fileAddress = (project: string, id: string): string => `/api/v1/cases/${encodeURIComponent(id)}/file?project=${encodeURIComponent(project)}`;

/** Runs the case where its file lies and the agent lives. What starts the agent is said where the case does not. */
export function caseCommand({ file_name, entry }: Pick<Case, "file_name" | "entry">): string {
  return line("roadworthy case run", quoted(file_name), entry ? "" : "--command 'python my_agent.py'");
}
