import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { count, percent, plural, UNKNOWN } from "@/ui/format";
import { Ago, Instant } from "@/ui/time";
import { Box } from "../incidents/box";
import { EvidenceBar, SeenRate } from "./look";
import type { Monitor } from "./types";
import { perDayWords, promiseWords, quantity, runsOfMonitor, shown, shownSeen, years } from "./words";

/** The figures of a monitor; each that counts runs is a link to them. */
export function MonitorFacts({ monitor }: { monitor: Monitor }) {
  const volume = monitor.signal === "volume";
  return (
    <section aria-label="Figures" className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line shadow-card sm:grid-cols-3 xl:grid-cols-6">
      <Fact label={`${monitor.signal_title}, last day`}>
        <Link to="/runs" search={runsOfMonitor(monitor, { from: "-24h" })} className="rounded hover:link" title={`Share of ${monitor.counts}`}>
          {volume ? <span className="text-faint">{UNKNOWN}</span> : <SeenRate seen={shownSeen(monitor, monitor.last_day)} ofWhat="results" />}
        </Link>
      </Fact>
      <Fact label="Usually">
        {monitor.usual === null ? (
          <span className="text-faint">{UNKNOWN}</span>
        ) : (
          <Link to="/runs" search={runsOfMonitor(monitor, { from: monitor.reference_from ?? "all", to: monitor.reference_to ?? undefined })} className="rounded hover:link">
            {percent(shown(monitor, monitor.usual))}
            <Small>n {count(monitor.reference_n)}</Small>
          </Link>
        )}
      </Fact>
      <Fact label="Bets against" title="The 90 % bound of the reference: what is still taken for normal">
        {monitor.bound === null ? <span className="text-faint">{UNKNOWN}</span> : percent(shown(monitor, monitor.bound))}
        {monitor.limit === null ? null : <Small>over {quantity(monitor.limit, monitor.unit)}</Small>}
      </Fact>
      <Fact label="Evidence">
        <EvidenceBar monitor={monitor} />
      </Fact>
      <Fact label="False alarms" title={volume ? "Silence is a rule, not a bet" : `One in ${years(monitor.patience_years)} on average, or fewer`}>
        {promiseWords(monitor)}
      </Fact>
      <Fact label="Volume">
        <Link to="/runs" search={runsOfMonitor(monitor, { from: "-7d" })} className="rounded hover:link">
          {perDayWords(monitor.per_day)}
        </Link>
      </Fact>
    </section>
  );
}

const Small = ({ children }: { children: ReactNode }) => <span className="ml-1.5 text-2xs font-normal text-faint">{children}</span>;

function Fact({ label, title, children }: { label: string; title?: string; children: ReactNode }) {
  return (
    <div title={title} className="flex min-w-0 flex-col gap-0.5 bg-surface px-4 py-3">
      <span className="truncate text-xs text-muted first-letter:uppercase">{label}</span>
      <span className="num text-sm leading-6 font-medium">{children}</span>
    </div>
  );
}

/** What happened to it, newest first; and what it could not take. */
export function Changes({ monitor }: { monitor: Monitor }) {
  return (
    <Box title="What happened to it">
      <ul className="divide-y divide-line text-xs">
        {monitor.notes.map((note) => (
          <li key={`${note.at}-${note.what}`} className="flex items-baseline gap-2 px-4 py-1.5">
            <span className="min-w-0 flex-1">
              {note.what}
              {note.by ? <span className="text-muted"> by {note.by}</span> : null}
              {note.reason ? <span className="block text-muted">“{note.reason}”</span> : null}
            </span>
            <Ago at={note.at} className="num shrink-0 text-muted" />
          </li>
        ))}
        {monitor.refused.map((each) => (
          <li key={each.reason} className="px-4 py-1.5 text-warn">
            {plural(each.count, "result")} not taken: {each.reason}
          </li>
        ))}
      </ul>
    </Box>
  );
}

/** The reference, and the baselines that parts of the traffic have of their own. */
export function ByStratum({ monitor }: { monitor: Monitor }) {
  const split = monitor.by_stratum.length > 1;
  return (
    <Box title="Reference">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 px-4 py-3 text-xs [&_dt]:text-muted">
        <dt>Counts</dt>
        <dd>{monitor.counts}</dd>
        <dt>Learned from</dt>
        <dd className="num">
          {monitor.reference_from ? (
            <>
              <Instant at={monitor.reference_from} /> to <Instant at={monitor.reference_to} />
            </>
          ) : (
            "not yet"
          )}
        </dd>
        <dt>Made</dt>
        <dd>
          {monitor.automatic ? "there by itself" : `by ${monitor.created_by ?? "somebody"}`}, <Ago at={monitor.created_at} />
        </dd>
        {monitor.strata.length ? (
          <>
            <dt>Apart for each</dt>
            <dd>{monitor.strata.join(", ")}</dd>
          </>
        ) : null}
      </dl>
      {split ? (
        <table className="num w-full border-t border-line text-left text-xs [&_td]:px-4 [&_td]:py-1 [&_th]:px-4 [&_th]:py-1 [&_th]:font-normal [&_th]:text-muted">
          <caption className="sr-only">Baselines by stratum</caption>
          <thead>
            <tr>
              <th scope="col">Stratum</th>
              <th scope="col" className="text-right">
                Usually
              </th>
              <th scope="col" className="text-right">
                Bets against
              </th>
              <th scope="col" className="text-right">
                n
              </th>
            </tr>
          </thead>
          <tbody>
            {monitor.by_stratum.map((each) => (
              <tr key={each.name}>
                <td>
                  {each.name || "all"}
                  {each.pooled ? <span className="text-muted" title="Too few of its own: it shares the baseline of the others"> pooled</span> : null}
                </td>
                <td className="text-right">{percent(shown(monitor, each.rate))}</td>
                <td className="text-right">{percent(shown(monitor, each.bound))}</td>
                <td className="text-right">{count(each.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Box>
  );
}
