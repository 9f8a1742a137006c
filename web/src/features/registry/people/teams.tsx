import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Users } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card, Section, Table } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { plural, UNKNOWN } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { useRegistryChanged } from "../change";
import { contactsQuery, ifUnchanged, schedulesQuery, teamsQuery } from "../queries";
import type { Team } from "../types";
import { nameFrom } from "../words";
import { ChooseMany } from "./choose-many";
import { useChannelChoices } from "./use-channel-choices";

interface TabProps {
  project: string;
  open: string | undefined;
  onOpen: (id: string | undefined) => void;
}

const COLUMNS = [{ label: "Team" }, { label: "Members" }, { label: "Schedule" }, { label: "Owns" }, { label: "Edit", hidden: true }];

export function Teams({ project, open, onOpen }: TabProps) {
  const teams = useQuery(teamsQuery(project));
  const edited = teams.data?.items.find((each) => each.name === open);
  return (
    <Section
      title="Teams"
      about="Who owns agents together. A team’s schedule holds for its agents that have none of their own."
      aside={
        <Button look="primary" onClick={() => onOpen("new")}>
          <Plus className="size-3.5" aria-hidden /> New team
        </Button>
      }
    >
      <Card>
        {teams.isError ? (
          <Failed what="Teams" error={teams.error} retry={() => void teams.refetch()} />
        ) : teams.isPending ? (
          <SkeletonRows rows={4} />
        ) : teams.data.items.length === 0 ? (
          <Empty icon={<Users />} title="No team is entered yet">
            <p>An agent can belong to a person alone; a team is what stays when people leave.</p>
          </Empty>
        ) : (
          <Table caption="Teams" columns={COLUMNS}>
            {teams.data.items.map((team) => (
              <tr key={team.name}>
                <td className="font-medium" title={team.description}>{team.title || team.name}</td>
                <td>{team.members?.join(", ") || UNKNOWN}</td>
                <td>{team.schedule || UNKNOWN}</td>
                <td>
                  {team.agents.length
                    ? team.agents.slice(0, 6).map((agent) => (
                        <Link key={agent} to="/agents/$agent" params={{ agent }} className="mr-2 hover:link">
                          {agent}
                        </Link>
                      ))
                    : "no agent"}
                  {team.agents.length > 6 ? `and ${plural(team.agents.length - 6, "other")}` : null}
                </td>
                <td className="text-right">
                  <Button onClick={() => onOpen(team.name)} aria-label={`Edit ${team.name}`}>
                    Edit
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {open === "new" || edited ? <TeamDialog key={edited?.name} project={project} edited={edited} onClose={() => onOpen(undefined)} /> : null}
    </Section>
  );
}

function TeamDialog({ project, edited, onClose }: { project: string; edited: Team | undefined; onClose: () => void }) {
  const changed = useRegistryChanged(project);
  const contacts = useQuery(contactsQuery(project));
  const schedules = useQuery(schedulesQuery(project));
  const [title, setTitle] = useState(edited?.title ?? "");
  const [description, setDescription] = useState(edited?.description ?? "");
  const [members, setMembers] = useState<readonly string[]>(edited?.members ?? []);
  const [channels, setChannels] = useState<readonly string[]>(edited?.channels ?? []);
  const [schedule, setSchedule] = useState(edited?.schedule ?? "");
  const choices = useChannelChoices(project, channels);
  const name = edited?.name ?? nameFrom(title);
  const done = async (words: string) => {
    await changed(words);
    onClose();
  };
  const save = useMutation({
    mutationFn: () => dataOf(api.PUT("/api/v1/teams/{name}", { params: { path: { name }, query: { project } }, headers: ifUnchanged(edited?.version), body: { title, description, members: [...members], channels: [...channels], schedule } })),
    onSuccess: () => done(`Team ${title || name} is saved`),
  });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/teams/{name}", { params: { path: { name }, query: { project } } }), onSuccess: () => done(`Team ${name} is deleted`) });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? edited.title || edited.name : "New team"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Labelled label="Name" hint={edited ? `Known as ${edited.name}; that never changes.` : name ? `Known as ${name}.` : undefined}>
          {(id) => <Input id={id} value={title} maxLength={200} placeholder="Customer support" onChange={(event) => setTitle(event.target.value)} />}
        </Labelled>
        <Labelled label="What it does">{(id) => <Input id={id} value={description} maxLength={4000} onChange={(event) => setDescription(event.target.value)} />}</Labelled>
        <ChooseMany label="Members" value={members} choices={(contacts.data?.items ?? []).map((each) => ({ value: each.name, label: each.title || each.name }))} onChange={setMembers} none="Nobody is entered yet: People comes first." />
        <Labelled label="Schedule">
          {(id) => <Select id={id} label="Schedule" value={schedule} choices={[{ value: "", label: "None" }, ...(schedules.data?.items ?? []).map((each) => ({ value: each.name, label: each.title || each.name }))]} onChange={setSchedule} />}
        </Labelled>
        <ChooseMany label="Channels of the team as a whole" value={channels} choices={choices} onChange={setChannels} none="No channel is set up yet: Settings, Notification channels." />
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex justify-between gap-2">
          {edited ? (
            <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
              Delete
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" look="primary" disabled={!name || save.isPending}>
            Save team
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
