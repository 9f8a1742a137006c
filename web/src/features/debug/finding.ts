/** What an inquiry found, by its kind; undefined while nothing is known, and of another kind. */
import type { components } from "@/client/schema";
import type { InquiryRow } from "./types";

type Schemas = components["schemas"];
type Told = Pick<InquiryRow, "finding">;

export type Outcome = Schemas["RerunOutcome"];
export type ReplayFinding = Schemas["ReplayFinding"];
export type ForkFinding = Schemas["ForkFinding"];
export type BisectFinding = Schemas["BisectFinding"];

export const replayFinding = ({ finding }: Told): ReplayFinding | undefined => (finding?.kind === "replay" ? finding : undefined);
export const forkFinding = ({ finding }: Told): ForkFinding | undefined => (finding?.kind === "fork" ? finding : undefined);
export const bisectFinding = ({ finding }: Told): BisectFinding | undefined => (finding?.kind === "bisect" ? finding : undefined);
