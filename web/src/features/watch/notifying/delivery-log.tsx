import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { about } from "@/client/live";
import { Card } from "@/features/settings/section";
import { deliveriesQuery } from "@/features/watch/incidents/queries";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { Button } from "@/ui/button";
import { Select } from "@/ui/form";
import { plural } from "@/ui/format";
import { Failed, SkeletonRows } from "@/ui/states";
import { Instant } from "@/ui/time";
import { notify } from "@/ui/toast";
import { Told } from "../incidents/who";
import type { Channel } from "./queries";

/** Every message: to whom, when, what the receiver answered, and when it is tried again. */
export function DeliveryLog({ project, channels }: { project: string; channels: readonly Channel[] }) {
  const client = useQueryClient();
  const [channel, setChannel] = useState("");
  const log = useQuery(deliveriesQuery(project, channel ? { channel } : {}));
  useLiveRefresh([["deliveries", project]], { everyMs: 2000, when: about("incidents") });
  const retry = useMutation({
    mutationFn: (id: string) => dataOf(api.POST("/api/v1/deliveries/{delivery_id}/retry", { params: { path: { delivery_id: id }, query: { project } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["deliveries", project] }),
    onError: (error) => notify("It was not sent again", error.message),
  });
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-2 px-4 py-2">
        <h3 className="text-sm font-semibold">Delivery log</h3>
        <Select label="Channel" value={channel} choices={[{ value: "", label: "Every channel" }, ...channels.map((each) => ({ value: each.id, label: each.name }))]} onChange={setChannel} />
      </div>
      {log.isError ? (
        <Failed what="The delivery log" error={log.error} retry={() => void log.refetch()} />
      ) : log.isPending ? (
        <SkeletonRows rows={3} />
      ) : log.data.items.length === 0 ? (
        <p className="border-t border-line px-4 py-4 text-xs text-muted">Nothing was sent yet. The test button of a channel sends one message.</p>
      ) : (
        <ul aria-label="Deliveries" className="divide-y divide-line border-t border-line">
          {log.data.items.map((delivery) => (
            <li key={delivery.id} className="grid gap-x-4 px-4 py-1.5 text-xs md:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)_auto] md:items-center">
              <span className="min-w-0 truncate" title={delivery.title}>
                {delivery.incident_id ? (
                  <Link to="/incidents/$incidentId" params={{ incidentId: delivery.incident_id }} className="hover:link">
                    #{delivery.number} {delivery.title}
                  </Link>
                ) : (
                  delivery.title
                )}
                <span className="num block text-2xs text-muted">
                  <Instant at={delivery.created_at} /> · {plural(delivery.tries, "try", "tries")}
                  {delivery.incidents > 1 ? ` · stands for ${delivery.incidents} incidents` : ""}
                </span>
              </span>
              <ul>
                <Told delivery={delivery} />
              </ul>
              <span className="min-w-20 text-right">
                {delivery.state === "failed" ? (
                  <Button disabled={retry.isPending} onClick={() => retry.mutate(delivery.id)}>
                    <RotateCw className="size-3.5 text-muted" aria-hidden /> Again
                  </Button>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
