/** What each page keeps in its URL. Unknown values are dropped, never an error: links get old. */
import { asList, asOneOf, asText } from "@/client/search-params";
import { ISSUE_SORTS, ISSUE_TABS, type IssueSort, type IssueTab } from "@/features/judge/issues/selection";
import type { TimeRange } from "@/client/time-range";
import { asCount, only, type Raw } from "./search-parts";

export * from "./search-debug";

const range = (raw: Raw): TimeRange => ({ from: asText(raw.from), to: asText(raw.to) });

export interface RootSearch {
  project?: string | undefined;
}
export const rootSearch = (raw: Raw): RootSearch => only({ project: asText(raw.project) });

export const FLEET_SORTS = ["agent", "runs", "errors", "outcome", "known", "tools", "cost", "p50", "p95", "seen"] as const;
export type FleetSort = (typeof FLEET_SORTS)[number];

export interface FleetSearch extends TimeRange {
  sort?: FleetSort | undefined;
  dir?: "asc" | "desc" | undefined;
  /** Drills and reruns stand among the agents, too. */
  trials?: true | undefined;
}
export const fleetSearch = (raw: Raw): FleetSearch =>
  only({ ...range(raw), sort: asOneOf(raw.sort, FLEET_SORTS), dir: asOneOf(raw.dir, ["asc", "desc"] as const), trials: raw.trials === true || undefined });

export interface RunsSearch extends TimeRange {
  text?: string | undefined;
  filter?: string[] | undefined;
  col?: string[] | undefined;
  view?: string | undefined;
}
export const runsSearch = (raw: Raw): RunsSearch =>
  only({ ...range(raw), text: asText(raw.text), filter: asList(raw.filter), col: asList(raw.col), view: asText(raw.view) });

export const RUN_TABS = ["step", "attributes", "events", "raw"] as const;
export type RunTab = (typeof RUN_TABS)[number];

export interface RunSearch {
  span?: string | undefined;
  tab?: RunTab | undefined;
  /** Only steps whose name or kind holds this. */
  find?: string | undefined;
  /** Which branches are folded. */
  fold?: string | undefined;
  /** What is looked for among the attributes. */
  attr?: string | undefined;
  only?: "key" | "errors" | "model" | "tools" | undefined;
  /** Evidence to look at, by its place in the verdict: "0.1" is the second evidence of the first finding. */
  mark?: string | undefined;
  /** Whether the verdict is shown in full. */
  verdict?: "full" | undefined;
  /** What is shown of the run as a whole, where no step is chosen. */
  pane?: "recordings" | "why" | undefined;
  /** The call through the gateway that is looked at, and which direction of it. */
  call?: string | undefined;
  part?: "request" | undefined;
  /** What it is to be executed again for: the dialog that is open, and the recorded step it begins at. */
  again?: "replay" | "fork" | "bisect" | "case" | undefined;
  at?: number | undefined;
}
export const runSearch = (raw: Raw): RunSearch =>
  only({
    span: asText(raw.span),
    tab: asOneOf(raw.tab, RUN_TABS),
    find: asText(raw.find),
    fold: asText(raw.fold),
    attr: asText(raw.attr),
    only: asOneOf(raw.only, ["key", "errors", "model", "tools"] as const),
    mark: asText(raw.mark),
    verdict: asOneOf(raw.verdict, ["full"] as const),
    pane: asOneOf(raw.pane, ["recordings", "why"] as const),
    call: asText(raw.call),
    part: asOneOf(raw.part, ["request"] as const),
    again: asOneOf(raw.again, ["replay", "fork", "bisect", "case"] as const),
    at: asCount(raw.at),
  });

export interface CompareSearch {
  step?: string | undefined;
}
export const compareSearch = (raw: Raw): CompareSearch => only({ step: asText(raw.step) });

export interface IssuesSearch extends TimeRange {
  mode?: string | undefined;
  state?: IssueTab | undefined;
  agent?: string | undefined;
  q?: string | undefined;
  sort?: IssueSort | undefined;
}
export const issuesSearch = (raw: Raw): IssuesSearch =>
  only({ ...range(raw), state: asOneOf(raw.state, ISSUE_TABS), mode: asText(raw.mode), agent: asText(raw.agent), q: asText(raw.q), sort: asOneOf(raw.sort, ISSUE_SORTS) });

/** A page that keeps only its time range: an issue, an agent. */
export const rangeSearch = (raw: Raw): TimeRange => only(range(raw));

const SEVERITIES = ["critical", "error", "warning", "info"] as const;

export interface IncidentsSearch extends TimeRange {
  /** Without it what stands now, whenever it began. */
  tab?: "resolved" | "all" | "figures" | undefined;
  severity?: (typeof SEVERITIES)[number] | undefined;
  agent?: string | undefined;
  q?: string | undefined;
  tests?: "shown" | undefined;
}
export const incidentsSearch = (raw: Raw): IncidentsSearch =>
  only({
    ...range(raw),
    tab: asOneOf(raw.tab, ["resolved", "all", "figures"] as const),
    severity: asOneOf(raw.severity, SEVERITIES),
    agent: asText(raw.agent),
    q: asText(raw.q),
    tests: asOneOf(raw.tests, ["shown"] as const),
  });

export const ON_CALL_TABS = ["calendar", "policies", "teams", "people", "agents"] as const;

export interface OnCallSearch {
  tab?: (typeof ON_CALL_TABS)[number] | undefined;
  view?: "month" | undefined;
  /** A day of what is shown: "2026-11-23". */
  at?: string | undefined;
  /** IANA name; without it the browser's own. */
  zone?: string | undefined;
  /** What is edited, by its name; "new". */
  open?: string | undefined;
}
export const onCallSearch = (raw: Raw): OnCallSearch =>
  only({ tab: asOneOf(raw.tab, ON_CALL_TABS), view: asOneOf(raw.view, ["month"] as const), at: /^\d{4}-\d\d-\d\d$/.test(asText(raw.at) ?? "") ? asText(raw.at) : undefined, zone: asZone(raw.zone), open: asText(raw.open) });

export const GATEWAY_TABS = ["health", "routes", "keys", "connectors", "contracts", "drills", "exchanges"] as const;
export type GatewayTab = (typeof GATEWAY_TABS)[number];

const EXCHANGE_KINDS = ["model", "tool"] as const;
const ENDINGS = ["complete", "failed", "cut_off", "aborted", "refused"] as const;

export interface GatewaySearch {
  tab?: GatewayTab | undefined;
  open?: string | undefined;
  /** Of exchanges: who called what, and how that ended. */
  agent?: string | undefined;
  target?: string | undefined;
  kind?: (typeof EXCHANGE_KINDS)[number] | undefined;
  ending?: (typeof ENDINGS)[number] | undefined;
  code?: string | undefined;
  /** The call that is looked at, and which direction of it. */
  call?: string | undefined;
  part?: "request" | undefined;
}
export const gatewaySearch = (raw: Raw): GatewaySearch =>
  only({
    tab: asOneOf(raw.tab, GATEWAY_TABS),
    open: asText(raw.open),
    agent: asText(raw.agent),
    target: asText(raw.target),
    kind: asOneOf(raw.kind, EXCHANGE_KINDS),
    ending: asOneOf(raw.ending, ENDINGS),
    code: asText(raw.code),
    call: asText(raw.call),
    part: asOneOf(raw.part, ["request"] as const),
  });

export interface ConnectorSearch {
  /** Without it its tools. */
  tab?: "loads" | "dictionary" | "settings" | undefined;
  open?: "edit" | undefined;
}
export const connectorSearch = (raw: Raw): ConnectorSearch => only({ tab: asOneOf(raw.tab, ["loads", "dictionary", "settings"] as const), open: asOneOf(raw.open, ["edit"] as const) });

export interface DrillSearch {
  verdict?: string | undefined;
  fault?: string | undefined;
}
export const drillSearch = (raw: Raw): DrillSearch => only({ verdict: asText(raw.verdict), fault: asText(raw.fault) });

/** A time zone the browser knows; a misspelt one in an old link is dropped. */
function asZone(value: unknown): string | undefined {
  const zone = asText(value);
  try {
    return zone && new Intl.DateTimeFormat(undefined, { timeZone: zone }).resolvedOptions().timeZone ? zone : undefined;
  } catch {
    return undefined;
  }
}

const MONITOR_STATES = ["alarmed", "silent", "armed", "learning", "paused"] as const;

export interface MonitorsSearch {
  agent?: string | undefined;
  state?: (typeof MONITOR_STATES)[number] | undefined;
  q?: string | undefined;
}
export const monitorsSearch = (raw: Raw): MonitorsSearch => only({ agent: asText(raw.agent), state: asOneOf(raw.state, MONITOR_STATES), q: asText(raw.q) });

export interface MonitorSearch extends TimeRange {
  /** The job whose outcome is shown. */
  backtest?: string | undefined;
}
export const monitorSearch = (raw: Raw): MonitorSearch => only({ ...range(raw), backtest: asText(raw.backtest) });

export interface ObjectivesSearch {
  agent?: string | undefined;
  burning?: "only" | undefined;
  /** "new", "import". */
  open?: "new" | "import" | undefined;
}
export const objectivesSearch = (raw: Raw): ObjectivesSearch =>
  only({ agent: asText(raw.agent), burning: asOneOf(raw.burning, ["only"] as const), open: asOneOf(raw.open, ["new", "import"] as const) });

export interface SessionsSearch extends TimeRange {
  find?: string | undefined;
}
export const sessionsSearch = (raw: Raw): SessionsSearch => only({ ...range(raw), find: asText(raw.find) });

export interface TextSearch extends TimeRange {
  q?: string | undefined;
}
export const textSearch = (raw: Raw): TextSearch => only({ ...range(raw), q: asText(raw.q) });

export interface SettingsSearch {
  /** What is looked at or edited: a detector's name, an evaluator's id, "new". */
  open?: string | undefined;
}
export const settingsSearch = (raw: Raw): SettingsSearch => only({ open: asText(raw.open) });

export interface ConnectSearch {
  framework?: string | undefined;
}
export const connectSearch = (raw: Raw): ConnectSearch => only({ framework: asText(raw.framework) });

export interface LoginSearch {
  next?: string | undefined;
}
export const loginSearch = (raw: Raw): LoginSearch => only({ next: asText(raw.next) });
