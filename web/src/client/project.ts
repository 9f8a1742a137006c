import { useSearch } from "@tanstack/react-router";

export const DEFAULT_PROJECT = "default";

/** The project all views are of: `?project=`, kept on every link. */
export function useProject(): string {
  return useSearch({ strict: false, select: (search) => search.project }) ?? DEFAULT_PROJECT;
}
