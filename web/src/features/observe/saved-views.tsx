import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Bookmark, ChevronDown, Trash2 } from "lucide-react";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { parseSearch, stringifySearch } from "@/client/search-params";
import { runsSearch, type RunsSearch } from "@/routes/search";
import { Button, IconButton } from "@/ui/button";
import { Input } from "@/ui/form";
import { Popover } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { viewsQuery } from "./queries";

/** Named sets of filters and columns, shared by all who use the project. */
export function SavedViews({ project, search }: { project: string; search: RunsSearch }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const views = useQuery(viewsQuery(project));
  const mine = (views.data?.items ?? []).filter((view) => view.page === "runs");
  const current = mine.find((view) => view.id === search.view);
  const refresh = () => client.invalidateQueries({ queryKey: viewsQuery(project).queryKey });
  const save = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/views", {
          params: { query: { project }, header: idempotency() },
          body: { name: name.trim(), page: "runs", query: stringifySearch({ ...search, view: undefined }).slice(1) },
        }),
      ),
    onSuccess: async (view) => {
      setName("");
      setOpen(false);
      await refresh();
      await navigate({ to: "/runs", search: { ...search, view: view.id } });
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/views/{view_id}", { params: { path: { view_id: id }, query: { project } } }),
    onSuccess: refresh,
  });
  return (
    <Popover
      label="Saved views"
      open={open}
      onOpenChange={setOpen}
      className="w-72"
      trigger={
        <Button>
          <Bookmark className="size-3.5 text-muted" aria-hidden />
          <span className="max-w-40 truncate">{current?.name ?? "Views"}</span>
          <ChevronDown className="size-3 text-faint" aria-hidden />
        </Button>
      }
    >
      {mine.map((view) => (
        <div key={view.id} className="flex items-center rounded hover:bg-hover">
          <button
            type="button"
            className="h-7 min-w-0 flex-1 truncate px-2 text-left text-xs"
            onClick={() => {
              setOpen(false);
              void navigate({ to: "/runs", search: { ...runsSearch(parseSearch(view.query)), view: view.id } });
            }}
          >
            {view.name}
          </button>
          <IconButton label={`Delete view ${view.name}`} size="sm" onClick={() => remove.mutate(view.id)}>
            <Trash2 />
          </IconButton>
        </div>
      ))}
      {mine.length === 0 ? <p className="px-2 py-1 text-xs text-muted">No saved views yet. Save the filters, columns and time you see now:</p> : null}
      <form
        className="mt-1 flex gap-1.5 border-t border-line px-1 pt-2"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Input aria-label="Name of the view" placeholder="Name this view" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" disabled={!name.trim() || save.isPending}>
          Save
        </Button>
      </form>
      <FailedLine error={save.error ?? remove.error} />
    </Popover>
  );
}
