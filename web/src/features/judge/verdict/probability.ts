/** Two digits, without claiming certainty that is not there. */
export function probability(p: number): string {
  if (p > 0.995 && p < 1) return ">0.99";
  return p < 0.005 && p > 0 ? "<0.01" : p.toFixed(2);
}
