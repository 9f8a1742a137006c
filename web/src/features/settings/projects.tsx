import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { DEFAULT_PROJECT, useProject } from "@/client/project";
import type { Project } from "@/client/types";
import { projectsQuery } from "@/features/server/queries";
import { Badge } from "@/ui/badges";
import { Button, IconButton } from "@/ui/button";
import { CopyId } from "@/ui/copy";
import { Input, Labelled, Switch } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { Card, Section, Table } from "./section";

export function Projects() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const current = useProject();
  const projects = useQuery(projectsQuery);
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Project>();
  const refresh = () => client.invalidateQueries({ queryKey: projectsQuery.queryKey });
  const change = useMutation({
    mutationFn: ({ id, require_key }: { id: string; require_key: boolean }) =>
      dataOf(api.PATCH("/api/v1/projects/{project_id}", { params: { path: { project_id: id } }, body: { require_key } })),
    onSuccess: refresh,
  });
  return (
    <Section
      title="Projects"
      about="A project keeps its runs, keys and prices to itself: a tenant, or an environment. Which project data goes to is said by the key it comes with; without a key it goes to the default project."
      aside={
        <Button look="primary" onClick={() => setMaking(true)}>
          <Plus className="size-3.5" aria-hidden /> New project
        </Button>
      }
    >
      <FailedLine error={change.error} />
      <Card>
        {projects.isError ? (
          <Failed what="Projects" error={projects.error} retry={() => void projects.refetch()} />
        ) : projects.isPending ? (
          <SkeletonRows rows={3} />
        ) : (
          <Table caption="Projects" columns={[{ label: "Name" }, { label: "Id" }, { label: "Only with a key" }, { label: "Retention" }, { label: "Made", right: true }, { label: "Actions", hidden: true }]}>
            {projects.data.items.map((project) => (
              <tr key={project.id}>
                <td>
                  <button
                    type="button"
                    className="font-medium hover:link"
                    onClick={() => void navigate({ to: "/", search: { project: project.id === DEFAULT_PROJECT ? undefined : project.id } })}
                  >
                    {project.name || project.id}
                  </button>{" "}
                  {project.id === current ? <Badge tone="accent">current</Badge> : null}
                </td>
                <td>
                  <CopyId id={project.id} full />
                </td>
                <td>
                  <Switch
                    label={`Take data of ${project.name || project.id} only with a key`}
                    checked={project.require_key}
                    onChange={(require_key) => change.mutate({ id: project.id, require_key })}
                  />
                </td>
                <td>{project.retention_days === null ? <span className="text-muted">keeps everything</span> : `${project.retention_days} days`}</td>
                <td className="text-right text-muted">
                  <Ago at={project.created_at} />
                </td>
                <td className="w-10 text-right">
                  {project.id === DEFAULT_PROJECT ? null : (
                    <IconButton label={`Delete project ${project.name || project.id}`} onClick={() => setLeaving(project)}>
                      <Trash2 />
                    </IconButton>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      <NewProject
        open={making}
        onOpenChange={setMaking}
        onMade={() => {
          setMaking(false);
          void refresh();
        }}
      />
      {leaving ? (
        <DeleteProject
          project={leaving}
          onClose={() => setLeaving(undefined)}
          onGone={() => {
            setLeaving(undefined);
            notify("Project deleted", leaving.name);
            void refresh();
          }}
        />
      ) : null}
    </Section>
  );
}

function NewProject({ open, onOpenChange, onMade }: { open: boolean; onOpenChange: (open: boolean) => void; onMade: () => void }) {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const make = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/projects", { params: { header: idempotency() }, body: { id, name: name || id, require_key: true } })),
    onSuccess: () => {
      setId("");
      setName("");
      onMade();
    },
  });
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="New project" description="It takes data with a key only; make one for it afterwards.">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Labelled label="Id" hint="Lower-case letters, digits and hyphens. It never changes.">
          {(field) => <Input id={field} value={id} pattern="[a-z0-9\-]{1,40}" required placeholder="support-production" onChange={(event) => setId(event.target.value)} />}
        </Labelled>
        <Labelled label="Name">{(field) => <Input id={field} value={name} maxLength={200} placeholder="Support, production" onChange={(event) => setName(event.target.value)} />}</Labelled>
        <FailedLine error={make.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!id || make.isPending}>
          Make project
        </Button>
      </form>
    </Dialog>
  );
}

function DeleteProject({ project, onClose, onGone }: { project: Project; onClose: () => void; onGone: () => void }) {
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/projects/{project_id}", { params: { path: { project_id: project.id } } }),
    onSuccess: onGone,
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`Delete ${project.name || project.id}?`} description="Its keys stop working at once. This cannot be undone.">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          remove.mutate();
        }}
      >
        <Labelled label={`Type ${project.id} to go on`}>{(field) => <Input id={field} value={typed} onChange={(event) => setTyped(event.target.value)} />}</Labelled>
        <FailedLine error={remove.error} />
        <Button type="submit" look="danger" className="self-end" disabled={typed !== project.id || remove.isPending}>
          Delete project
        </Button>
      </form>
    </Dialog>
  );
}
