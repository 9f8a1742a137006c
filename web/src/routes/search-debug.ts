/** What the pages of inquiries and cases keep in their URL. */
import { asOneOf, asText } from "@/client/search-params";
import { asCount, only, type Raw } from "./search-parts";

export interface InquiriesSearch {
  kind?: "replay" | "fork" | "bisect" | undefined;
  agent?: string | undefined;
  run?: string | undefined;
}
export const inquiriesSearch = (raw: Raw): InquiriesSearch => only({ kind: asOneOf(raw.kind, ["replay", "fork", "bisect"] as const), agent: asText(raw.agent), run: asText(raw.run) });

export interface InquirySearch {
  /** The rerun that is looked at, and the step. */
  rerun?: number | undefined;
  step?: number | undefined;
}
export const inquirySearch = (raw: Raw): InquirySearch => only({ rerun: asCount(raw.rerun), step: asCount(raw.step) });

export interface CasesSearch {
  agent?: string | undefined;
}
export const casesSearch = (raw: Raw): CasesSearch => only({ agent: asText(raw.agent) });
