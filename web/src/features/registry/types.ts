/** The server's nouns of this room, by the names the page uses. */
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type RegisteredAgent = Schemas["RegisteredAgentView"];
export type AgentChange = Schemas["AgentChange"];
export type Team = Schemas["TeamView"];
export type Contact = Schemas["ContactView"];
export type Schedule = Schemas["ScheduleView"];
export type ScheduleBody = Schemas["ScheduleBody"];
export type Layer = Schemas["LayerBody"];
export type Window = NonNullable<Layer["windows"]>[number];
export type Shift = Schemas["ShiftView"];
export type Shifts = Schemas["ShiftsView"];
export type Gap = Schemas["GapView"];
export type Override = Schemas["OverrideView"];
export type Policy = Schemas["PolicyView"];
export type PolicyLevel = Schemas["LevelBody"];
export type Target = Schemas["TargetBody"];
export type OnCall = Schemas["OnCallView"];
export type Responder = Schemas["ResponderView"];
