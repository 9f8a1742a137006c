import { getRouteApi } from "@tanstack/react-router";
import { useRef } from "react";
import { useProject } from "@/client/project";
import { Page } from "@/ui/shell/page";
import { Tabs } from "@/ui/tabs";
import { Connectors } from "./connectors/connectors";
import { Contracts } from "./contracts/contracts";
import { Drills } from "./drills/drills";
import { Exchanges } from "./exchanges/exchanges";
import { Budgets } from "./keys/budgets";
import { Keys } from "./keys/keys";
import { Health } from "./routes/health";
import { Routes } from "./routes/routes";

const route = getRouteApi("/shell/gateway");

const TABS = [
  { id: "health", label: "Health" },
  { id: "routes", label: "Routes" },
  { id: "keys", label: "Keys and budgets" },
  { id: "connectors", label: "Connectors" },
  { id: "contracts", label: "Contracts" },
  { id: "drills", label: "Drills" },
  { id: "exchanges", label: "Exchanges" },
] as const;

/** What agents call, and how it fares. */
export function GatewayPage() {
  const project = useProject();
  const { tab = "health" } = route.useSearch();
  const navigate = route.useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  return (
    <Page title="Gateway" bar={<Tabs tabs={TABS} value={tab} label="What to look at" onChange={(id) => void navigate({ search: { tab: id === "health" ? undefined : id }, replace: true })} />}>
      <div ref={scroller} role="tabpanel" aria-labelledby={`tab-${tab}`} className="h-full overflow-y-auto" tabIndex={0}>
        <div className="mx-auto max-w-6xl p-4 md:p-6">
          {tab === "routes" ? (
            <Routes project={project} />
          ) : tab === "keys" ? (
            <div className="flex flex-col gap-8">
              <Keys project={project} />
              <Budgets project={project} />
            </div>
          ) : tab === "connectors" ? (
            <Connectors project={project} />
          ) : tab === "contracts" ? (
            <Contracts />
          ) : tab === "drills" ? (
            <Drills />
          ) : tab === "exchanges" ? (
            <Exchanges project={project} scroller={scroller} />
          ) : (
            <Health project={project} />
          )}
        </div>
      </div>
    </Page>
  );
}
