/** The nouns of judging, by the names the page uses. Unknown is null. */
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Verdict = Schemas["VerdictView"];
export type Finding = Schemas["FindingView"];
export type Evidence = Schemas["EvidenceView"];
export type Calibration = Schemas["CalibrationView"];
export type CalibrationBin = Schemas["CalibrationBinView"];
export type Said = Schemas["SaidView"];
export type ModeWord = Schemas["ModeWordView"];
export type GivenScore = Schemas["ScoreView"];
export type Outcome = Schemas["Outcome"];
export type Detector = Schemas["DetectorView"];
export type Preview = Schemas["PreviewView"];
export type Judging = Schemas["JudgingView"];
export type Quality = Schemas["QualityView"];
export type FailureMode = Schemas["FailureModeView"];
export type Issue = Schemas["IssueView"];
export type IssueState = Schemas["IssueState"];
/** What is left out stays as it is; without a reason none is kept. */
export type IssueChange = Partial<Schemas["IssueChange"]>;
export type OutcomeEvent = Schemas["OutcomeEventView"];
export type Evaluator = Schemas["EvaluatorView"];
export type EvaluatorKind = Schemas["EvaluatorKindView"];
export type TriedRun = Schemas["TriedRunView"];
export type Endpoint = Schemas["EndpointView"];
export type Judge = Schemas["JudgeView"];
export type JudgeBody = Schemas["JudgeBody"];
export type Rubric = Schemas["RubricView"];
export type JudgeQuality = Schemas["JudgeQualityView"];
export type IssueStep = Schemas["IssueStepView"];
export type Comparison = Schemas["PairwiseView"];
export type Embedding = Schemas["EmbeddingView"];
export type FailureModel = Schemas["FailureModelView"];
