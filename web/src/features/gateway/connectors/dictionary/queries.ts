import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { paths } from "@/client/schema";
import { notify } from "@/ui/toast";

type Route = paths["/api/v1/connectors/{name}/dictionary"];

export type Dictionary = Route["get"]["responses"][200]["content"]["application/json"];
export type DictionaryTable = Dictionary["tables"][number];
export type Field = DictionaryTable["fields"][number];
export type Join = Dictionary["joins"][number];
type Correction = NonNullable<Route["patch"]["requestBody"]["content"]["application/json"]["corrections"]>[number];

/** What people may say of a field otherwise than was found. */
export type Said = "meaning" | "unit" | "pii";

const params = (project: string, name: string) => ({ path: { name }, query: { project } });

export const dictionaryQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["connectors", project, "one", name, "dictionary"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors/{name}/dictionary", { params: params(project, name), signal })),
    retry: false,
  });

/** The newest profile job of a connector: whether one runs, how far it is, why it failed. */
export const profileJobQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["profile-job", project, name],
    queryFn: async ({ signal }) => {
      const { items } = await dataOf(api.GET("/api/v1/jobs", { params: { query: { project } }, signal }));
      const mine = items.filter((each) => each.kind === "profile" && each.arguments.connector === name);
      return mine.sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at))[0] ?? null;
    },
    refetchInterval: (query) => (query.state.data?.status === "running" || query.state.data?.status === "waiting" ? 700 : false),
  });

/** Says something of a field; the table shows it at once, and takes it back where the server refuses. */
export function useCorrect(project: string, name: string) {
  const client = useQueryClient();
  const { queryKey } = dictionaryQuery(project, name);
  return useMutation({
    mutationFn: (said: Correction) => dataOf(api.PATCH("/api/v1/connectors/{name}/dictionary", { params: params(project, name), body: { corrections: [said], joins: [] } })),
    onSuccess: (next) => client.setQueryData(queryKey, next),
    onError: (error) => notify("The correction was not taken", error.message),
  });
}

/** What was found holds again. */
export function useWithdraw(project: string, name: string) {
  const client = useQueryClient();
  const { queryKey } = dictionaryQuery(project, name);
  return useMutation({
    mutationFn: ({ table, field }: { table: string; field: string }) => api.DELETE("/api/v1/connectors/{name}/dictionary/corrections", { params: { path: { name }, query: { project, table, field } } }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
    onError: (error) => notify("It was not taken back", error.message),
  });
}
