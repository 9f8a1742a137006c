/** The server's nouns of this room, by the names the page uses. */
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Incident = Schemas["IncidentView"];
export type IncidentChange = Schemas["IncidentChange"];
export type NewIncident = Schemas["NewIncident"];
export type IncidentState = Incident["state"];
export type Severity = Incident["severity"];
export type Action = Incident["actions"][number];
export type Entry = Schemas["EntryView"];
export type Alarm = Schemas["IncidentAlarmView"];
export type Delivery = Schemas["DeliveryView"];
export type DeliveryPage = Schemas["DeliveryPage"];
export type Figures = Schemas["FiguresView"];
export type FiguresRow = Schemas["FiguresRowView"];
