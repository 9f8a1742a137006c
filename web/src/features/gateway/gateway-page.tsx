import { getRouteApi } from "@tanstack/react-router";
import { Page } from "@/ui/shell/page";
import { Tabs } from "@/ui/tabs";
import { Contracts } from "./contracts/contracts";
import { Drills } from "./drills/drills";

const route = getRouteApi("/shell/gateway");

const TABS = [
  { id: "contracts", label: "Contracts" },
  { id: "drills", label: "Drills" },
] as const;

/** What agents call, and how it fares. */
export function GatewayPage() {
  const { tab = "contracts" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title="Gateway" bar={<Tabs tabs={TABS} value={tab as (typeof TABS)[number]["id"]} label="What to look at" onChange={(id) => void navigate({ search: { tab: id }, replace: true })} />}>
      <div role="tabpanel" aria-labelledby={`tab-${tab}`} className="h-full overflow-y-auto">
        <div className="mx-auto max-w-6xl p-4 md:p-6">{tab === "drills" ? <Drills /> : <Contracts />}</div>
      </div>
    </Page>
  );
}
