import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "@/features/watch/notifying/queries";
import type { Choice } from "@/ui/form";

/** Channels by their names; ids that are gone stay to be seen, and taken out. */
export function useChannelChoices(project: string, chosen: readonly string[]): Choice[] {
  const channels = useQuery(channelsQuery(project)).data?.items ?? [];
  const gone = chosen.filter((id) => id && !channels.some((each) => each.id === id));
  return [...channels.map((each) => ({ value: each.id, label: each.name })), ...gone.map((id) => ({ value: id, label: `${id} (gone)` }))];
}
