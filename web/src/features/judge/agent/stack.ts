/** Ways of failing over time, as stacked bars. Pure, so that it can be tested. */

export interface ModeCount {
  bucket: string;
  mode: string;
  mode_name: string | null;
  runs: number;
}

export interface ModeTotal {
  /** null gathers the rare ones. */
  mode: string | null;
  name: string;
  runs: number;
}

export interface StackedBar {
  start: string;
  total: number;
  /** Of each mode of the legend, in its order. */
  runs: number[];
}

const REST = "others";

/** The commonest modes, the rest gathered; and a bar for each bucket. */
export function stack(counts: readonly ModeCount[], buckets: readonly string[], most = 6): { legend: ModeTotal[]; bars: StackedBar[] } {
  const totals = new Map<string, ModeTotal>();
  for (const { mode, mode_name, runs } of counts) {
    const known = totals.get(mode);
    if (known) known.runs += runs;
    else totals.set(mode, { mode, name: mode_name ?? mode, runs });
  }
  const sorted = [...totals.values()].filter((each) => each.runs > 0).sort((a, b) => b.runs - a.runs || a.name.localeCompare(b.name));
  const shown = sorted.length > most ? sorted.slice(0, most - 1) : sorted;
  const rest = sorted.slice(shown.length);
  const legend = rest.length ? [...shown, { mode: null, name: REST, runs: rest.reduce((sum, each) => sum + each.runs, 0) }] : shown;
  const place = new Map(legend.map((each, index) => [each.mode, index]));
  const last = legend.length - 1;
  const bars = buckets.map((start) => ({ start, total: 0, runs: legend.map(() => 0) }));
  const byStart = new Map(bars.map((bar) => [Date.parse(bar.start), bar]));
  for (const { bucket, mode, runs } of counts) {
    const bar = byStart.get(Date.parse(bucket));
    if (!bar || legend.length === 0) continue;
    const at = place.get(mode) ?? last;
    bar.runs[at] = (bar.runs[at] ?? 0) + runs;
    bar.total += runs;
  }
  return { legend, bars };
}
