import { plural, percent } from "@/ui/format";
import { Box } from "../incidents/box";
import type { Monitor } from "./types";
import { armedIn, hours, learningWords, perDayWords, shown } from "./words";

/** What would be noticed when, at the volume of now; and before it is armed, what is missing until then. */
export function Noticed({ monitor }: { monitor: Monitor }) {
  const until = armedIn(monitor);
  const known = monitor.noticed.filter((each) => each.hours !== null);
  const later = monitor.phase === "learning";
  return (
    <Box title="What would be noticed when" aside={<span className="num text-xs text-muted">at {perDayWords(monitor.per_day)}</span>}>
      {later ? (
        <p className="px-4 pt-3 text-xs">
          It is learning: {learningWords(monitor)}.{" "}
          {until === null ? "At the volume of now it cannot be told when it will be armed." : until === 0 ? "It is armed with the next result." : `At this volume it is armed in about ${hours(until)}.`}
        </p>
      ) : null}
      {monitor.noticed.length === 0 ? (
        <p className="px-4 py-3 text-xs text-muted">{monitor.signal === "volume" ? "Silence is noticed by the clock, not by evidence." : "Nothing came lately, so that it cannot be told."}</p>
      ) : (
        <table className="num my-2 w-full text-left text-xs [&_td]:px-4 [&_td]:py-1 [&_th]:px-4 [&_th]:py-1 [&_th]:font-normal [&_th]:text-muted">
          <caption className="sr-only">Changes and how long until they are noticed, on average</caption>
          <thead>
            <tr>
              <th scope="col">{monitor.shown_as === "good" ? "A fall to" : "A rise to"}</th>
              <th scope="col" className="text-right">
                noticed in about
              </th>
              <th scope="col" className="text-right">
                after
              </th>
            </tr>
          </thead>
          <tbody>
            {monitor.noticed.map((each) => (
              <tr key={each.rate}>
                <td>{percent(shown(monitor, each.rate))}</td>
                <td className="text-right">{each.hours === null ? <span className="text-muted">hardly ever</span> : hours(each.hours)}</td>
                <td className="text-right text-muted">{each.results === null ? "" : plural(Math.round(each.results), "result")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {known.length ? <p className="px-4 pb-3 text-2xs text-muted">{later ? "As it will be once it is armed. " : ""}On average over simulated changes that come all at once.</p> : null}
    </Box>
  );
}
