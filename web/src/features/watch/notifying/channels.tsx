import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Megaphone, Plus, Send } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { notify } from "@/ui/toast";
import { ChannelDialog } from "./channel-dialog";
import { DeliveryLog } from "./delivery-log";
import { channelKindsQuery, channelsQuery } from "./queries";

const route = getRouteApi("/shell/settings/$section");
const COLUMNS = [{ label: "Channel" }, { label: "Kind" }, { label: "Told" }, { label: "Do", hidden: true }];

/** Where incidents are told: each with a test, and with what became of every message. */
export function Channels() {
  const project = useProject();
  const client = useQueryClient();
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const channels = useQuery(channelsQuery(project));
  const kinds = useQuery(channelKindsQuery(project));
  const onOpen = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, open: id }), replace: true, resetScroll: false });
  const test = useMutation({
    mutationFn: (id: string) => dataOf(api.POST("/api/v1/channels/{channel_id}/test", { params: { path: { channel_id: id }, query: { project } } })),
    onSuccess: async (delivery) => {
      notify("Test message sent", `To ${delivery.channel}; the log below says whether it arrived.`);
      await client.invalidateQueries({ queryKey: ["deliveries", project] });
    },
    onError: (error) => notify("The test was not sent", error.message),
  });
  const edited = channels.data?.items.find((each) => each.id === open);
  const kindTitle = (kind: string) => kinds.data?.items.find((each) => each.kind === kind)?.title ?? kind;
  return (
    <Section
      title="Notification channels"
      about="Where people and other systems are told of incidents. Messages are tried again for a day, never told twice for one thing, and taken back when it is over."
      aside={
        <Button look="primary" onClick={() => onOpen("new")}>
          <Plus className="size-3.5" aria-hidden /> New channel
        </Button>
      }
    >
      <Card>
        {channels.isError ? (
          <Failed what="Channels" error={channels.error} retry={() => void channels.refetch()} />
        ) : channels.isPending ? (
          <SkeletonRows rows={3} />
        ) : channels.data.items.length === 0 ? (
          <Empty icon={<Megaphone />} title="No channel yet">
            <p>Incidents are shown here, but nobody is told of them: add Slack, PagerDuty, e-mail, a webhook or an Alertmanager.</p>
            <Button look="primary" className="mt-4" onClick={() => onOpen("new")}>
              Add a channel
            </Button>
          </Empty>
        ) : (
          <Table caption="Notification channels" columns={COLUMNS}>
            {channels.data.items.map((channel) => (
              <tr key={channel.id}>
                <td>
                  <span className="font-medium">{channel.name}</span> {channel.enabled ? null : <Badge tone="warn">switched off</Badge>}
                </td>
                <td>{kindTitle(channel.kind)}</td>
                <td>{channel.default ? <Badge tone="accent" title="Where an agent has nobody on call who can be reached">where nobody is on call</Badge> : <span className="text-muted">through people, teams and policies</span>}</td>
                <td className="text-right whitespace-nowrap">
                  <Button disabled={test.isPending || !channel.enabled} onClick={() => test.mutate(channel.id)} aria-label={`Test ${channel.name}`}>
                    <Send className="size-3.5 text-muted" aria-hidden /> Test
                  </Button>{" "}
                  <Button onClick={() => onOpen(channel.id)} aria-label={`Edit ${channel.name}`}>
                    Edit
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      <DeliveryLog project={project} channels={channels.data?.items ?? []} />
      {kinds.data && (open === "new" || edited) ? <ChannelDialog key={edited?.id} project={project} kinds={kinds.data.items} edited={edited} onClose={() => onOpen(undefined)} /> : null}
    </Section>
  );
}
