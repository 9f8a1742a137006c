import type { Calibration, CalibrationBin, Evidence, Finding } from "../types";

/** What a verdict says of each step, and what its probability has meant so far. Pure, so that it can be tested. */

/** Findings by the steps they point at, each once a step. */
export function marksOf(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const marks = new Map<string, Finding[]>();
  for (const finding of findings)
    for (const { span_id } of finding.evidence) {
      if (!span_id) continue;
      const known = marks.get(span_id) ?? [];
      if (!known.includes(finding)) marks.set(span_id, [...known, finding]);
    }
  return marks;
}

export interface Mark {
  /** Where it stands in the URL: "3.0" is the first evidence of the fourth finding. */
  name: string;
  finding: Finding;
  evidence: Evidence;
}

/** All evidence, by the names that the URL uses. */
export function allMarks(findings: readonly Finding[]): Mark[] {
  return findings.flatMap((finding, place) => finding.evidence.map((evidence, index) => ({ name: `${place}.${index}`, finding, evidence })));
}

/** The evidence in one step; without a step that of the run as a whole: of its answer and of what it was asked. */
export function marksAt(findings: readonly Finding[], spanId: string | undefined): Mark[] {
  return allMarks(findings).filter(({ evidence }) => (spanId === undefined ? !evidence.span_id || evidence.place === "answer" : evidence.span_id === spanId));
}

/** The bin of the reliability diagram that a probability falls into. */
export function binOf(calibration: Calibration, p: number): CalibrationBin | undefined {
  return calibration.bins.find((bin) => p >= bin.low && (p < bin.high || (p === bin.high && bin.high >= 1)));
}

/** "24 of 29 such runs failed": what happened to runs that were given about the same probability. */
export function suchRuns(calibration: Calibration, p: number): { failed: number; n: number; low: number | null; high: number | null } | undefined {
  const bin = binOf(calibration, p);
  if (!bin || bin.n === 0 || bin.observed === null) return undefined;
  return { failed: Math.round(bin.observed * bin.n), n: bin.n, low: bin.observed_low, high: bin.observed_high };
}

/** The findings that speak for a failure first, then by how sure the detector is; the order of equals stays. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => Number(b.suspicious) - Number(a.suspicious) || b.confidence - a.confidence);
}
