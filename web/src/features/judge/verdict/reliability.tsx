import { percent, plural } from "@/ui/format";
import type { CalibrationBin } from "../types";

const SIZE = 180;
const LEFT = 36;
const BOTTOM = 24;
const x = (share: number) => LEFT + share * SIZE;
const y = (share: number) => 6 + (1 - share) * SIZE;

const said = (bin: CalibrationBin) => `rated ${percent(bin.low)} to ${percent(bin.high)}: ${bin.observed === null ? "unknown" : percent(bin.observed)} of ${plural(bin.n, "run")} failed`;

/** A reliability diagram: what was predicted against what happened, with intervals; dots grow with n. */
export function Reliability({ bins, p }: { bins: readonly CalibrationBin[]; p: number | null }) {
  const shown = bins.filter((bin) => bin.n > 0 && bin.observed !== null);
  const most = Math.max(1, ...shown.map((bin) => bin.n));
  return (
    <svg viewBox={`0 0 ${LEFT + SIZE + 12} ${SIZE + BOTTOM + 12}`} className="w-full max-w-64 text-[10px]" role="img" aria-label={`Reliability: ${shown.map(said).join("; ")}`}>
      {[0, 0.5, 1].map((share) => (
        <g key={share} fill="var(--faint)">
          <line x1={x(0)} x2={x(1)} y1={y(share)} y2={y(share)} stroke="var(--line)" />
          <text x={LEFT - 5} y={y(share) + 3} textAnchor="end">{percent(share)}</text>
          <text x={x(share)} y={y(0) + 12} textAnchor="middle">{share}</text>
        </g>
      ))}
      <text x={x(0.5)} y={y(0) + 22} textAnchor="middle" fill="var(--muted)">p(failure) given</text>
      <text x={x(0) + 4} y={y(1) + 8} fill="var(--muted)">failed in truth</text>
      <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} stroke="var(--line-strong)" strokeDasharray="3 3" />
      {p === null ? null : <line x1={x(p)} x2={x(p)} y1={y(0)} y2={y(1)} stroke="var(--accent)" strokeWidth={1.5} />}
      {shown.map((bin) => {
        const at = x(bin.predicted);
        return (
          <g key={bin.low}>
            <title>{said(bin)}</title>
            {bin.observed_low !== null && bin.observed_high !== null ? <line x1={at} x2={at} y1={y(bin.observed_low)} y2={y(bin.observed_high)} stroke="var(--muted)" /> : null}
            <circle cx={at} cy={y(bin.observed ?? 0)} r={2 + 3 * Math.sqrt(bin.n / most)} fill="var(--accent)" />
          </g>
        );
      })}
    </svg>
  );
}
