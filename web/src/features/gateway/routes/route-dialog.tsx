import { useMutation } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Button, IconButton } from "@/ui/button";
import { inputClass, Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useGatewayChanged, type ModelRoute, type Provider, type RouteBody, type RouteTarget } from "../queries";

interface RouteDialogProps {
  project: string;
  edited: ModelRoute | undefined;
  providers: readonly Provider[];
  routes: readonly ModelRoute[];
  onClose: () => void;
}

const USUAL: Required<Pick<RouteBody, "waits" | "retries">> = { waits: { connect_s: 5, first_byte_s: 60, between_s: 30, total_s: 600 }, retries: { most: 2, share: 0.2 } };
const WAITS = [
  { name: "connect_s", label: "Connect" },
  { name: "first_byte_s", label: "First token" },
  { name: "between_s", label: "Between tokens" },
  { name: "total_s", label: "In all" },
] as const;

interface Draft extends RouteTarget {
  /** As it is typed; may be no JSON yet. */
  text: string;
}

const draftOf = (target: RouteTarget): Draft => ({ ...target, text: Object.keys(target.parameters ?? {}).length ? JSON.stringify(target.parameters) : "" });

function parametersOf(text: string): Record<string, unknown> | undefined {
  if (text.trim() === "") return {};
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function RouteDialog({ project, edited, providers, routes, onClose }: RouteDialogProps) {
  const changed = useGatewayChanged(project);
  const empty: Draft = { provider: "", model: "", parameters: {}, route: "", text: "" };
  const [name, setName] = useState(edited?.name ?? "");
  const [agent, setAgent] = useState(edited?.agent ?? "");
  const [release, setRelease] = useState(edited?.release ?? "");
  const [models, setModels] = useState((edited?.models ?? []).join(", "));
  const [drafts, setTargets] = useState<readonly Draft[]>(edited?.targets.map(draftOf) ?? [empty]);
  // Nobody chosen is the first provider, also where the providers are known only after the dialog was opened.
  const targets = drafts.map((each) => (each.route || each.provider ? each : { ...each, provider: providers[0]?.name ?? "" }));
  const [waits, setWaits] = useState<Readonly<Record<string, string>>>(Object.fromEntries(WAITS.map(({ name: each }) => [each, String((edited?.waits ?? USUAL.waits)[each] ?? "")])));
  const [most, setMost] = useState(String((edited?.retries ?? USUAL.retries).most));
  const [hedge, setHedge] = useState(edited?.hedge ?? "");
  const [cache, setCache] = useState(String(edited?.cache_s ?? 0));
  const [enabled, setEnabled] = useState(edited?.enabled ?? true);
  const [note, setNote] = useState(edited?.note ?? "");
  const [key] = useState(idempotency);
  const upstreams = [...providers.map((each) => ({ value: each.name, label: each.name })), ...routes.filter((each) => each.id !== edited?.id).map((each) => ({ value: `route ${each.name}`, label: `route ${each.name}` }))];
  const done = async (words: string) => {
    await changed();
    notify(words, "It holds within a second.");
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const body: RouteBody = {
        name: name.trim(),
        agent: agent.trim(),
        release: release.trim(),
        models: models.split(",").map((each) => each.trim()).filter(Boolean),
        targets: targets.map(({ provider, model, route, text }) => (route ? { provider: "", model: "", parameters: {}, route } : { provider, model: model.trim(), route: "", parameters: parametersOf(text) ?? {} })),
        waits: { connect_s: Number(waits.connect_s), first_byte_s: Number(waits.first_byte_s), between_s: Number(waits.between_s), total_s: waits.total_s === "" ? null : Number(waits.total_s) },
        retries: { most: Number(most), share: (edited?.retries ?? USUAL.retries).share },
        hedge: hedge.trim(),
        cache_s: Number(cache),
        enabled,
        note,
      };
      return edited
        ? dataOf(api.PUT("/api/v1/gateway/routes/{route_id}", { params: { path: { route_id: edited.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/gateway/routes", { params: { query: { project } }, headers: key, body }));
    },
    onSuccess: () => done("Route saved"),
  });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/gateway/routes/{route_id}", { params: { path: { route_id: edited?.id ?? "" }, query: { project } } }), onSuccess: () => done("Route deleted") });
  const set = (index: number, next: Partial<Draft>) => setTargets((old) => old.map((each, place) => (place === index ? { ...each, ...next } : each)));
  const move = (index: number, by: number) =>
    setTargets((old) => {
      const next = [...old];
      const [taken] = next.splice(index, 1);
      if (taken) next.splice(index + by, 0, taken);
      return next;
    });
  const ready = name.trim() !== "" && targets.length > 0 && targets.every((each) => (each.route || each.provider) && parametersOf(each.text));
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? `Route ${edited.name}` : "New route"} width="max-w-2xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) save.mutate();
        }}
      >
        <div className="grid gap-3 sm:grid-cols-3">
          <Labelled label="Name" hint="What agents send as model">
            {(id) => <Input id={id} required value={name} placeholder="planner" onChange={(event) => setName(event.target.value)} />}
          </Labelled>
          <Labelled label="Agent" hint="Empty: every agent">
            {(id) => <Input id={id} value={agent} onChange={(event) => setAgent(event.target.value)} />}
          </Labelled>
          <Labelled label="Release" hint="Empty: every release">
            {(id) => <Input id={id} value={release} onChange={(event) => setRelease(event.target.value)} />}
          </Labelled>
          <Labelled label="Also answers to" className="sm:col-span-3" hint="Names that unmodified agents send, with commas between; * stands for any text">
            {(id) => <Input id={id} value={models} placeholder="gpt-5*, claude-*" onChange={(event) => setModels(event.target.value)} />}
          </Labelled>
        </div>
        <fieldset className="rounded-md border border-line p-3">
          <legend className="px-1 text-xs font-medium">Who answers, in this order</legend>
          <ol className="flex flex-col gap-2">
            {targets.map((target, index) => (
              <li key={index} className="grid grid-cols-[1fr_auto] items-center gap-2 sm:grid-cols-[9rem_minmax(0,1fr)_minmax(0,1fr)_auto]">
                <Select label={`Provider ${index + 1}`} value={target.route ? `route ${target.route}` : target.provider} choices={upstreams} onChange={(value) => set(index, value.startsWith("route ") ? { route: value.slice(6), provider: "" } : { provider: value, route: "" })} />
                <Input aria-label={`Model ${index + 1}`} disabled={target.route !== ""} value={target.model} placeholder="the model that was named" onChange={(event) => set(index, { model: event.target.value })} className="max-sm:col-span-2" />
                <Input aria-label={`Parameters ${index + 1}`} aria-invalid={parametersOf(target.text) === undefined} disabled={target.route !== ""} value={target.text} placeholder='{"temperature": 0}' onChange={(event) => set(index, { text: event.target.value })} className={`${inputClass} font-mono max-sm:col-span-2 aria-invalid:border-bad-mark`} />
                <span className="flex">
                  <IconButton size="sm" label={`Target ${index + 1} earlier`} disabled={index === 0} onClick={() => move(index, -1)}>
                    <ArrowUp />
                  </IconButton>
                  <IconButton size="sm" label={`Target ${index + 1} later`} disabled={index === targets.length - 1} onClick={() => move(index, 1)}>
                    <ArrowDown />
                  </IconButton>
                  <IconButton size="sm" label={`Take target ${index + 1} out`} disabled={targets.length === 1} onClick={() => setTargets((old) => old.filter((_, place) => place !== index))}>
                    <X />
                  </IconButton>
                </span>
              </li>
            ))}
          </ol>
          <Button className="mt-2" disabled={targets.length >= 10} onClick={() => setTargets((old) => [...old, empty])}>
            <Plus className="size-3.5 text-muted" aria-hidden /> Fallback
          </Button>
        </fieldset>
        <fieldset className="rounded-md border border-line p-3">
          <legend className="px-1 text-xs font-medium">How long to wait, s, and how often to try</legend>
          <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
            {WAITS.map(({ name: each, label }) => (
              <Labelled key={each} label={label}>
                {(id) => <Input id={id} type="number" min={0.1} step="any" value={waits[each] ?? ""} placeholder={each === "total_s" ? "no end" : ""} required={each !== "total_s"} onChange={(event) => setWaits((old) => ({ ...old, [each]: event.target.value }))} />}
              </Labelled>
            ))}
            <Labelled label="Further tries">{(id) => <Input id={id} type="number" min={0} max={10} value={most} onChange={(event) => setMost(event.target.value)} />}</Labelled>
            <Labelled label="Hedge after" hint="p95 or ms; empty: never">
              {(id) => <Input id={id} value={hedge} onChange={(event) => setHedge(event.target.value)} />}
            </Labelled>
            <Labelled label="Same answer for, s" hint="0: no cache">
              {(id) => <Input id={id} type="number" min={0} value={cache} onChange={(event) => setCache(event.target.value)} />}
            </Labelled>
          </div>
        </fieldset>
        <Labelled label="Note">{(id) => <Input id={id} value={note} maxLength={2000} onChange={(event) => setNote(event.target.value)} />}</Labelled>
        <label className="flex min-h-6 items-center gap-1.5 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={enabled} onChange={(event) => setEnabled(event.target.checked)} /> in use
        </label>
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex justify-between gap-2">
          {edited ? (
            <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
              Delete route
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" look="primary" disabled={!ready || save.isPending}>
            Save route
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
