/** The server's nouns of this room, by the names the page uses. */
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Objective = Schemas["ObjectiveView"];
export type ObjectiveBody = Schemas["ObjectiveBody"];
export type Budget = Schemas["BudgetView"];
export type Correction = Schemas["CorrectionView"];
export type BurnRate = Schemas["BurnRateView"];
export type BudgetPoint = Schemas["BudgetPointView"];
export type IndicatorKind = Schemas["IndicatorBody"]["kind"];
export type OpenSloResult = Schemas["OpenSloResult"];
