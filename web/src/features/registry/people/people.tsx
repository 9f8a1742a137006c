import { useQuery } from "@tanstack/react-query";
import { Contact as ContactIcon, Plus } from "lucide-react";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge, Warning } from "@/ui/badges";
import { Button } from "@/ui/button";
import { UNKNOWN } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Instant } from "@/ui/time";
import { contactsQuery } from "../queries";
import { PersonDialog } from "./person-dialog";

interface TabProps {
  project: string;
  open: string | undefined;
  onOpen: (id: string | undefined) => void;
}

const COLUMNS = [{ label: "Person" }, { label: "Reached by" }, { label: "Named in" }, { label: "Edit", hidden: true }];

/** People who own agents and are on call. */
export function People({ project, open, onOpen }: TabProps) {
  const contacts = useQuery(contactsQuery(project));
  const edited = contacts.data?.items.find((each) => each.name === open);
  const add = (
    <Button look="primary" onClick={() => onOpen("new")}>
      <Plus className="size-3.5" aria-hidden /> New person
    </Button>
  );
  return (
    <Section title="People" about="Who may own agents and be on call. They need no log-in here; whoever leaves is not deleted, but marked so: rotations skip them from then on." aside={add}>
      <Card>
        {contacts.isError ? (
          <Failed what="People" error={contacts.error} retry={() => void contacts.refetch()} />
        ) : contacts.isPending ? (
          <SkeletonRows rows={4} />
        ) : contacts.data.items.length === 0 ? (
          <Empty icon={<ContactIcon />} title="Nobody is entered yet">
            <p>Enter a name and an e-mail address; then a schedule can have them on call.</p>
          </Empty>
        ) : (
          <Table caption="People" columns={COLUMNS}>
            {contacts.data.items.map((each) => (
              <tr key={each.name} className={each.left_at ? "text-muted" : undefined}>
                <td>
                  <span className="font-medium">{each.title || each.name}</span> {each.title ? <span className="text-2xs text-muted">{each.name}</span> : null}
                  {each.left_at ? (
                    <span className="block text-2xs">
                      left <Instant at={each.left_at} />
                    </span>
                  ) : null}
                </td>
                <td>
                  {each.reachable ? [each.email, each.channels.length ? `${each.channels.length} ${each.channels.length === 1 ? "channel" : "channels"}` : ""].filter(Boolean).join(", ") : <Warning title="No e-mail address and no channel: nobody can tell them anything">cannot be reached</Warning>}
                </td>
                <td className="max-w-72">{each.used_in.length ? each.used_in.slice(0, 4).map((use) => <Badge key={use} className="mr-1">{use}</Badge>) : UNKNOWN}</td>
                <td className="text-right">
                  <Button onClick={() => onOpen(each.name)} aria-label={`Edit ${each.name}`}>
                    Edit
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {open === "new" || edited ? <PersonDialog key={edited?.name} project={project} edited={edited} onClose={() => onOpen(undefined)} /> : null}
    </Section>
  );
}
