import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { useRegistryChanged } from "../change";
import { contactsQuery, policiesQuery, schedulesQuery, teamsQuery } from "../queries";
import type { AgentChange, RegisteredAgent } from "../types";
import { STAGES } from "../words";

interface Named {
  name: string;
  title?: string;
}

const choices = (none: string, items: readonly Named[] | undefined) => [{ value: "", label: none }, ...(items ?? []).map((each) => ({ value: each.name, label: each.title || each.name }))];
const TIERS = [
  { value: "", label: "Not said" },
  { value: "1", label: "1: wakes people at night" },
  { value: "2", label: "2" },
  { value: "3", label: "3" },
  { value: "4", label: "4: can wait for days" },
];

/** Who answers for an agent, and what is to be done when it fails. */
export function OwnershipDialog({ project, agent, onClose }: { project: string; agent: RegisteredAgent; onClose: () => void }) {
  const changed = useRegistryChanged(project);
  const [values, setValues] = useState<Record<"team" | "owner" | "schedule" | "policy" | "runbook" | "tier" | "stage" | "description", string>>({
    team: agent.team ?? "",
    owner: agent.owner ?? "",
    schedule: agent.schedule ?? "",
    policy: agent.policy ?? "",
    runbook: agent.runbook ?? "",
    tier: agent.tier,
    stage: agent.stage === "discovered" ? "pilot" : agent.stage,
    description: agent.description,
  });
  const teams = useQuery(teamsQuery(project));
  const contacts = useQuery(contactsQuery(project));
  const schedules = useQuery(schedulesQuery(project));
  const policies = useQuery(policiesQuery(project));
  const set = (next: Partial<typeof values>) => setValues((old) => ({ ...old, ...next }));
  const save = useMutation({
    mutationFn: () =>
      dataOf(
        api.PATCH("/api/v1/registry/agents/{agent}", {
          params: { path: { agent: agent.name }, query: { project } },
          headers: agent.registered ? { "if-match": `"${agent.version}"` } : {},
          body: values as AgentChange,
        }),
      ),
    onSuccess: async () => {
      await changed(`${agent.name} is saved`);
      onClose();
    },
  });
  const pick = (label: string, key: "team" | "owner" | "schedule" | "policy", none: string, items: readonly Named[] | undefined) => (
    <Labelled label={label}>{(id) => <Select id={id} label={label} value={values[key]} choices={choices(none, items)} onChange={(value) => set({ [key]: value })} />}</Labelled>
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={agent.name} description={agent.registered ? undefined : "Seen in traffic; saving registers it"} width="max-w-xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          {pick("Team", "team", "No team", teams.data?.items)}
          {pick("Owner", "owner", "Nobody", contacts.data?.items.filter((each) => !each.left_at))}
          {pick("On-call schedule", "schedule", "The team’s", schedules.data?.items)}
          {pick("Escalation policy", "policy", "The project’s default", policies.data?.items)}
          <Labelled label="Tier">{(id) => <Select id={id} label="Tier" value={values.tier} choices={TIERS} onChange={(tier) => set({ tier })} />}</Labelled>
          <Labelled label="Stage">{(id) => <Select id={id} label="Stage" value={values.stage} choices={STAGES.map((each) => ({ value: each, label: each }))} onChange={(stage) => set({ stage })} />}</Labelled>
        </div>
        <Labelled label="Runbook" hint="What to do when it fails: shown on every incident and in every page.">
          {(id) => <Input id={id} type="url" value={values.runbook} maxLength={2000} placeholder="https://wiki.example.org/support-agent" onChange={(event) => set({ runbook: event.target.value })} />}
        </Labelled>
        <Labelled label="What it does">{(id) => <Input id={id} value={values.description} maxLength={4000} onChange={(event) => set({ description: event.target.value })} />}</Labelled>
        <FailedLine error={save.error} />
        <Button type="submit" look="primary" className="self-end" disabled={save.isPending}>
          {agent.registered ? "Save" : "Register"}
        </Button>
      </form>
    </Dialog>
  );
}
