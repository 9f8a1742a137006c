/** The server's nouns, by the names the page uses. Generated from openapi.json: `npm run client`. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Run = Schemas["RunView"];
export type Span = Schemas["SpanView"];
export type Content = Schemas["ContentView"];
export type Message = Schemas["MessageView"];
export type ToolCall = Schemas["ToolCallView"];
export type MessagePart = Schemas["PartView"];
export type Handoff = Schemas["HandoffView"];
export type Rate = Schemas["RateView"];
export type Summary = Schemas["SummaryView"];
export type Fleet = Schemas["FleetView"];
export type FleetRow = Schemas["FleetRowView"];
export type AggregateRow = Schemas["AggregateRowView"];
export type SessionRow = Schemas["SessionRowView"];
export type SearchHit = Schemas["SearchHitView"];
export type Comparison = Schemas["ComparisonView"];
export type AlignedStep = Schemas["AlignedStepView"];
export type Score = Schemas["ScoreView"];
export type Field = Schemas["FieldView"];
export type Project = Schemas["ProjectView"];
export type Key = Schemas["KeyView"];
export type CreatedKey = Schemas["CreatedKey"];
export type Price = Schemas["PriceView"];
export type SavedView = Schemas["SavedViewView"];
export type Job = Schemas["JobView"];
export type Rejection = Schemas["RejectionView"];
export type Storage = Schemas["StorageView"];
export type Server = Schemas["ServerView"];
