/** The server's nouns of this room, by the names the page uses. */
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Monitor = Schemas["MonitorView"];
export type MonitorSettings = Schemas["MonitorSettings"];
export type Seen = Monitor["last_day"];
export type Phase = Monitor["phase"];
export type Point = Schemas["PointView"];
export type History = Schemas["HistoryView"];
export type Backtest = Schemas["BacktestView"];
export type NewBacktest = Schemas["NewBacktest"];
export type Alarm = Schemas["AlarmView"];
export type Claim = Schemas["ClaimView"];
