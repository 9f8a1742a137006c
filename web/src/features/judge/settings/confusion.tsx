import { count } from "@/ui/format";

interface Cell {
  person: string;
  judge: string;
  runs: number;
}

/** What people said against what the judge said; the diagonal is agreement. */
export function Confusion({ cells }: { cells: readonly Cell[] }) {
  const labels = [...new Set(cells.flatMap((cell) => [cell.person, cell.judge]))];
  const runs = new Map(cells.map((cell) => [`${cell.person}\n${cell.judge}`, cell.runs]));
  const most = Math.max(1, ...cells.map((cell) => cell.runs));
  return (
    <div className="overflow-x-auto">
      <table className="num border-collapse text-xs">
        <caption className="pb-1 text-left text-2xs text-muted">Rows: what a person said. Columns: what the judge said.</caption>
        <thead>
          <tr>
            <td />
            {labels.map((label) => (
              <th key={label} scope="col" className="px-2 py-1 text-right font-normal text-muted">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((person) => (
            <tr key={person}>
              <th scope="row" className="py-1 pr-3 text-left font-normal text-muted">
                {person}
              </th>
              {labels.map((judge) => {
                const number = runs.get(`${person}\n${judge}`) ?? 0;
                const same = person === judge;
                return (
                  <td key={judge} className="min-w-14 border border-line px-2 py-1 text-right" title={`${number} runs: a person said ${person}, the judge ${judge}`} style={{ background: number ? `color-mix(in oklab, var(${same ? "--ok-soft" : "--bad-soft"}) ${Math.round((number / most) * 100)}%, transparent)` : undefined }}>
                    {count(number)}
                    {same ? <span className="sr-only"> the same</span> : null}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
