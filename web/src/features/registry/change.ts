import { useQueryClient } from "@tanstack/react-query";
import { notify } from "@/ui/toast";

/** After a change of the register: who owns what, and who is on call, may look different everywhere. */
export function useRegistryChanged(project: string): (words: string) => Promise<void> {
  const client = useQueryClient();
  return async (words) => {
    await Promise.all(["registry", "teams", "contacts", "schedules", "policies", "on-call"].map((noun) => client.invalidateQueries({ queryKey: [noun, project] })));
    notify(words);
  };
}
