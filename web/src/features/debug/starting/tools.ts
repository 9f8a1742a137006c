import type { Tape } from "../types";

/** The tools the run called, each once. */
export const toolsOf = (tape: Tape): string[] => [...new Set(tape.steps.filter(({ kind }) => kind === "tool").map(({ target }) => target))];
