import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleDollarSign, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/client/api";
import { useProject } from "@/client/project";
import { Button, IconButton } from "@/ui/button";
import { count, UNKNOWN } from "@/ui/format";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { NewPrice } from "./new-price";
import { pricesQuery } from "./queries";
import { Recompute } from "./recompute";
import { Card, Section, Table } from "./section";

const usd = (value: number | null) => (value === null ? <span className="text-faint" title="As the list says">{UNKNOWN}</span> : `$${value}`);

/** What this project pays, where that differs from the public list. */
export function Prices() {
  const project = useProject();
  const client = useQueryClient();
  const prices = useQuery(pricesQuery(project));
  const [making, setMaking] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: pricesQuery(project).queryKey });
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/prices/{price_id}", { params: { path: { price_id: id }, query: { project } } }),
    onSuccess: refresh,
  });
  return (
    <Section
      title="Prices"
      about="Costs come from public list prices (genai-prices). Say here where you pay something else, and from which day on. USD per million tokens."
      aside={
        <Button look="primary" onClick={() => setMaking(true)}>
          <Plus className="size-3.5" aria-hidden /> New price
        </Button>
      }
    >
      <FailedLine error={remove.error} />
      <Card>
        {prices.isError ? (
          <Failed what="Prices" error={prices.error} retry={() => void prices.refetch()} />
        ) : prices.isPending ? (
          <SkeletonRows rows={3} />
        ) : prices.data.items.length === 0 ? (
          <Empty icon={<CircleDollarSign />} title="List prices hold" className="py-12">
            No price of your own yet. A model that the list does not know has no cost until you give it one.
          </Empty>
        ) : (
          <Table
            caption="Prices of this project"
            columns={[
              { label: "Model" },
              { label: "From" },
              { label: "Input", right: true },
              { label: "Cache read", right: true },
              { label: "Cache write", right: true },
              { label: "Output", right: true },
              { label: "Reasoning", right: true },
              { label: "Actions", hidden: true },
            ]}
          >
            {prices.data.items.map((price) => (
              <tr key={price.id} className="num">
                <td>
                  <span className="font-mono">{price.model}</span>
                  {price.above_input_tokens ? <span className="ml-2 text-muted">above {count(price.above_input_tokens)} input tokens</span> : null}
                </td>
                <td>{price.from_day}</td>
                <td className="text-right">{usd(price.input_usd_per_mtok)}</td>
                <td className="text-right">{usd(price.cache_read_usd_per_mtok)}</td>
                <td className="text-right">{usd(price.cache_write_usd_per_mtok)}</td>
                <td className="text-right">{usd(price.output_usd_per_mtok)}</td>
                <td className="text-right">{usd(price.reasoning_usd_per_mtok)}</td>
                <td className="w-10 text-right">
                  <IconButton label={`Delete the price of ${price.model} from ${price.from_day}`} onClick={() => remove.mutate(price.id)}>
                    <Trash2 />
                  </IconButton>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      <Recompute project={project} />
      {making ? (
        <NewPrice
          project={project}
          onClose={() => setMaking(false)}
          onMade={() => {
            setMaking(false);
            void refresh();
          }}
        />
      ) : null}
    </Section>
  );
}
