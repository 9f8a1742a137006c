import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Inputs = Schemas["InputsView"];
export type Term = Schemas["InputTerm"];
export type InputsPoint = Schemas["InputsPointView"];
