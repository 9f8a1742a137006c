import { Link } from "@tanstack/react-router";
import { Card } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { duration, money, percent, plural } from "@/ui/format";
import { Facts, Sentences } from "../facts";
import { bisectFinding } from "../finding";
import { changePhrase } from "../fork/change-words";
import type { Inquiry } from "../types";
import { Verdict } from "../verdict";
import { checkWords } from "../words";

/** What was found, in words; what it is held to; what it cost once it is over (until then its progress says so). */
export function Head({ inquiry }: { inquiry: Inquiry }) {
  const found = bisectFinding(inquiry);
  const { spent } = inquiry;
  return (
    <Card className="p-4">
      <div className="flex flex-col gap-3">
        <Title inquiry={inquiry} />
        {found?.confirmed === true ? (
          <p>
            <Badge tone="ok">confirmed: that step alone put right, it succeeds</Badge>
          </p>
        ) : found?.confirmed === false ? (
          <p>
            <Badge tone="warn">not confirmed: that step alone put right is not enough</Badge>
          </p>
        ) : null}
        {found ? <Sentences sentences={found.sentences} /> : null}
        {inquiry.state === "done" ? (
          <Facts
            facts={[
              ["reruns", spent.reruns],
              ["really asked", plural(spent.calls, "call")],
              ["cost", money(spent.usd)],
              ["time of its reruns", duration(spent.seconds * 1000)],
              ["sure to, as asked for", percent(inquiry.confidence)],
            ]}
          />
        ) : null}
        <p className="text-2xs text-muted">
          Succeeds when the answer {checkWords(inquiry.check)}; put right{" "}
          <PutRight inquiry={inquiry} />.
        </p>
      </div>
    </Card>
  );
}

function Title({ inquiry }: { inquiry: Inquiry }) {
  const found = bisectFinding(inquiry);
  if (found && (inquiry.state !== "running" || found.state !== "unsure")) return <Verdict inquiry={inquiry} large />;
  return <p className="text-lg font-semibold tracking-[-0.01em] text-muted">{inquiry.state === "running" ? "Looking for the step" : "Stopped before any rerun ended"}</p>;
}

function PutRight({ inquiry }: { inquiry: Inquiry }) {
  const { good_run: good, live_model: model, changes } = inquiry;
  if (good)
    return (
      <>
        from{" "}
        <Link to="/runs/$runId" params={{ runId: good }} className="link">
          a good run
        </Link>
      </>
    );
  if (model) return <>by {model}</>;
  return <>{changes.length ? `by hand: ${changes.map(changePhrase).join("; ")}` : "by asking again"}</>;
}
