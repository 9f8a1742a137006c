import { getRouteApi } from "@tanstack/react-router";
import { useProject } from "@/client/project";
import { Page } from "@/ui/shell/page";
import { Tabs } from "@/ui/tabs";
import { Contracts } from "./contracts/contracts";
import { Drills } from "./drills/drills";
import { Budgets } from "./keys/budgets";
import { Keys } from "./keys/keys";
import { Health } from "./routes/health";
import { Routes } from "./routes/routes";

const route = getRouteApi("/shell/gateway");

const TABS = [
  { id: "health", label: "Health" },
  { id: "routes", label: "Routes" },
  { id: "keys", label: "Keys and budgets" },
  { id: "contracts", label: "Contracts" },
  { id: "drills", label: "Drills" },
] as const;

/** What agents call, and how it fares. */
export function GatewayPage() {
  const project = useProject();
  const { tab = "health" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title="Gateway" bar={<Tabs tabs={TABS} value={tab as (typeof TABS)[number]["id"]} label="What to look at" onChange={(id) => void navigate({ search: { tab: id === "health" ? undefined : id }, replace: true })} />}>
      <div role="tabpanel" aria-labelledby={`tab-${tab}`} className="h-full overflow-y-auto" tabIndex={0}>
        <div className="mx-auto max-w-6xl p-4 md:p-6">
          {tab === "routes" ? (
            <Routes project={project} />
          ) : tab === "keys" ? (
            <div className="flex flex-col gap-8">
              <Keys project={project} />
              <Budgets project={project} />
            </div>
          ) : tab === "contracts" ? (
            <Contracts />
          ) : tab === "drills" ? (
            <Drills />
          ) : (
            <Health project={project} />
          )}
        </div>
      </div>
    </Page>
  );
}
