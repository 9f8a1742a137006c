import { createRootRoute, createRoute, createRouter, redirect, retainSearchParams } from "@tanstack/react-router";
import { parseSearch, stringifySearch } from "@/client/search-params";
import { lazyPage } from "./lazy-page";
import { Crash, NotFound, Root } from "./root";
import * as search from "./search";
import { Shell } from "./shell";

const root = createRootRoute({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: Crash,
  validateSearch: search.rootSearch,
  search: { middlewares: [retainSearchParams(["project"])] },
});

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const fleet = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: search.fleetSearch,
  component: lazyPage(() => import("@/features/observe/fleet/fleet-page"), "FleetPage"),
});

const runs = createRoute({
  getParentRoute: () => shell,
  path: "/runs",
  validateSearch: search.runsSearch,
  component: lazyPage(() => import("@/features/observe/runs/runs-page"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => shell,
  path: "/runs/$runId",
  validateSearch: search.runSearch,
  component: lazyPage(() => import("@/features/observe/run/run-page"), "RunPage"),
});

const compare = createRoute({
  getParentRoute: () => shell,
  path: "/runs/$runId/compare/$otherId",
  validateSearch: search.compareSearch,
  component: lazyPage(() => import("@/features/observe/compare/compare-page"), "ComparePage"),
});

const issues = createRoute({
  getParentRoute: () => shell,
  path: "/issues",
  validateSearch: search.issuesSearch,
  component: lazyPage(() => import("@/features/judge/issues/issues-page"), "IssuesPage"),
});

const issue = createRoute({
  getParentRoute: () => shell,
  path: "/issues/$issueId",
  validateSearch: search.rangeSearch,
  component: lazyPage(() => import("@/features/judge/issues/issue-page"), "IssuePage"),
});

const agent = createRoute({
  getParentRoute: () => shell,
  path: "/agents/$agent",
  validateSearch: search.rangeSearch,
  component: lazyPage(() => import("@/features/judge/agent/agent-page"), "AgentPage"),
});

const incidents = createRoute({
  getParentRoute: () => shell,
  path: "/incidents",
  validateSearch: search.incidentsSearch,
  component: lazyPage(() => import("@/features/watch/incidents/incidents-page"), "IncidentsPage"),
});

const incident = createRoute({
  getParentRoute: () => shell,
  path: "/incidents/$incidentId",
  component: lazyPage(() => import("@/features/watch/incidents/incident-page"), "IncidentPage"),
});

const onCall = createRoute({
  getParentRoute: () => shell,
  path: "/on-call",
  validateSearch: search.onCallSearch,
  component: lazyPage(() => import("@/features/registry/on-call/on-call-page"), "OnCallPage"),
});

const monitors = createRoute({
  getParentRoute: () => shell,
  path: "/monitors",
  validateSearch: search.monitorsSearch,
  component: lazyPage(() => import("@/features/watch/monitors/monitors-page"), "MonitorsPage"),
});

const monitor = createRoute({
  getParentRoute: () => shell,
  path: "/monitors/$monitorId",
  validateSearch: search.monitorSearch,
  component: lazyPage(() => import("@/features/watch/monitors/monitor-page"), "MonitorPage"),
});

const objectives = createRoute({
  getParentRoute: () => shell,
  path: "/objectives",
  validateSearch: search.objectivesSearch,
  component: lazyPage(() => import("@/features/watch/objectives/objectives-page"), "ObjectivesPage"),
});

const objective = createRoute({
  getParentRoute: () => shell,
  path: "/objectives/$objectiveId",
  component: lazyPage(() => import("@/features/watch/objectives/objective-page"), "ObjectivePage"),
});

const gateway = createRoute({
  getParentRoute: () => shell,
  path: "/gateway",
  validateSearch: search.gatewaySearch,
  component: lazyPage(() => import("@/features/gateway/gateway-page"), "GatewayPage"),
});

const drill = createRoute({
  getParentRoute: () => shell,
  path: "/gateway/drills/$drillId",
  validateSearch: search.drillSearch,
  component: lazyPage(() => import("@/features/gateway/drills/drill-page"), "DrillPage"),
});

const contract = createRoute({
  getParentRoute: () => shell,
  path: "/gateway/contracts/$connector/$tool",
  component: lazyPage(() => import("@/features/gateway/contracts/contract-page"), "ContractPage"),
});

const connector = createRoute({
  getParentRoute: () => shell,
  path: "/gateway/connectors/$connector",
  validateSearch: search.connectorSearch,
  component: lazyPage(() => import("@/features/gateway/connectors/connector-page"), "ConnectorPage"),
});

const inquiries = createRoute({
  getParentRoute: () => shell,
  path: "/inquiries",
  validateSearch: search.inquiriesSearch,
  component: lazyPage(() => import("@/features/debug/inquiries-page"), "InquiriesPage"),
});

const inquiry = createRoute({
  getParentRoute: () => shell,
  path: "/inquiries/$inquiryId",
  validateSearch: search.inquirySearch,
  component: lazyPage(() => import("@/features/debug/inquiry-page"), "InquiryPage"),
});

const cases = createRoute({
  getParentRoute: () => shell,
  path: "/cases",
  validateSearch: search.casesSearch,
  component: lazyPage(() => import("@/features/debug/cases/cases-page"), "CasesPage"),
});

const sessions = createRoute({
  getParentRoute: () => shell,
  path: "/sessions",
  validateSearch: search.sessionsSearch,
  component: lazyPage(() => import("@/features/observe/sessions/sessions-page"), "SessionsPage"),
});

const session = createRoute({
  getParentRoute: () => shell,
  path: "/sessions/$sessionId",
  component: lazyPage(() => import("@/features/observe/sessions/session-page"), "SessionPage"),
});

const textSearch = createRoute({
  getParentRoute: () => shell,
  path: "/search",
  validateSearch: search.textSearch,
  component: lazyPage(() => import("@/features/observe/search/search-page"), "SearchPage"),
});

const connect = createRoute({
  getParentRoute: () => shell,
  path: "/connect",
  validateSearch: search.connectSearch,
  component: lazyPage(() => import("@/features/start/connect-page"), "ConnectPage"),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: "/settings",
  beforeLoad: () => {
    throw redirect({ to: "/settings/$section", params: { section: "projects" } });
  },
});

const settingsSection = createRoute({
  getParentRoute: () => shell,
  path: "/settings/$section",
  validateSearch: search.settingsSearch,
  component: lazyPage(() => import("@/features/settings/settings-page"), "SettingsPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: search.loginSearch,
  component: lazyPage(() => import("@/features/start/login-page"), "LoginPage"),
});

const tree = root.addChildren([
  shell.addChildren([fleet, runs, run, compare, issues, issue, agent, incidents, incident, onCall, monitors, monitor, objectives, objective, gateway, drill, contract, connector, inquiries, inquiry, cases, sessions, session, textSearch, connect, settings, settingsSection]),
  login,
]);

export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
