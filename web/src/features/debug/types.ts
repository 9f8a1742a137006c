/** The nouns of this room, by the names the page uses. */
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

/** As listed: without its reruns. */
export type InquiryRow = Schemas["InquiryView"];
export type Inquiry = Schemas["InquiryDetail"];
export type InquiryKind = Schemas["InquiryKind"];
export type Rerun = Schemas["RerunView"];
export type RerunCall = Schemas["RerunCall"];
export type EntryPoint = Schemas["EntryPointBody"];
export type EntryPointView = Schemas["EntryPointView"];
export type Via = EntryPoint["via"];
export type Change = Schemas["TapeChangeBody"];
export type ChangeView = Schemas["TapeChange"];
export type ChangeKind = Schemas["ChangeKind"];
export type After = Schemas["After"];
export type Check = Schemas["AnswerCheckBody"];
export type CheckHow = Check["how"];
export type Budget = Schemas["InquiryBudgetBody"];
export type Tape = Schemas["TapeView"];
export type TapeStep = Schemas["TapeStep"];
export type RecordedComparison = Schemas["RecordedComparison"];
export type RecordedStepPair = Schemas["RecordedStepPair"];
export type RecordedStep = Schemas["RecordedStep"];
export type Case = Schemas["CaseView"];
export type Suspect = Schemas["SuspectView"];
export type WhyRun = Schemas["WhyView"];
export type WhyRuns = Schemas["WhyRunsView"];
export type Resampling = Schemas["ResamplingView"];
