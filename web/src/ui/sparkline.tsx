interface SparklineProps {
  /** One number a bucket, oldest first; null where nothing is known. */
  values: readonly number[];
  /** Of each bucket, how many went wrong; drawn in red at the foot of its bar. */
  bad?: readonly number[];
  label: string;
  width?: number;
  height?: number;
  /** As wide as its place, rather than `width`. */
  fill?: boolean;
}

/** Bars of counts over time, red for those that failed. */
export function Sparkline({ values, bad, label, width = 96, height = 22, fill = false }: SparklineProps) {
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  const bar = Math.max(1, step - 1);
  const scale = (value: number) => (value === 0 ? 0 : Math.max(1.5, (value / top) * (height - 1)));
  return (
    <svg width={fill ? "100%" : width} height={height} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio={fill ? "none" : undefined} role="img" aria-label={label} className="block shrink-0">
      <title>{label}</title>
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--line-strong)" strokeWidth={1} />
      {values.map((value, index) => {
        const high = scale(value);
        const low = Math.min(high, scale(bad?.[index] ?? 0));
        return value > 0 ? (
          <g key={index}>
            <rect x={index * step} y={height - high} width={bar} height={high - low} fill="var(--accent)" opacity={0.55} rx={0.5} />
            {low > 0 ? <rect x={index * step} y={height - low} width={bar} height={low} fill="var(--bad-mark)" rx={0.5} /> : null}
          </g>
        ) : null;
      })}
    </svg>
  );
}
