import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Eye } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import { filterText } from "@/features/observe/filters";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { Switch } from "@/ui/form";
import { count, percent, UNKNOWN } from "@/ui/format";
import { Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { detectorsQuery } from "../queries";
import type { Detector } from "../types";
import { FindingIcon } from "../verdict/findings";
import { DetectorPreview } from "./detector-preview";

const route = getRouteApi("/shell/settings/$section");
const COLUMNS = [{ label: "On" }, { label: "Detector" }, { label: "Precision · recall", right: true }, { label: "Found in 7 days", right: true }, { label: "Preview", hidden: true }];

/** What looks at every run without a model: what it found lately, how good it is, on or off. */
export function Detectors() {
  const project = useProject();
  const client = useQueryClient();
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const detectors = useQuery(detectorsQuery(project));
  const turn = useMutation({
    mutationFn: ({ name, enabled }: { name: string; enabled: boolean }) =>
      dataOf(api.PUT("/api/v1/judging", { params: { query: { project } }, body: { detectors: { [name]: { enabled } } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: detectorsQuery(project).queryKey }),
  });
  const preview = (name: string | undefined) => void navigate({ search: (old) => ({ ...old, open: name }), replace: true, resetScroll: false });
  return (
    <Section title="Detectors" about="They look at every run as it ends, without a model. Switching one off holds for runs judged from now on; what it found before stays.">
      <FailedLine error={turn.error} />
      <Card>
        {detectors.isError ? (
          <Failed what="Detectors" error={detectors.error} retry={() => void detectors.refetch()} />
        ) : detectors.isPending ? (
          <SkeletonRows rows={8} height={48} />
        ) : (
          <Table caption="Detectors" columns={COLUMNS}>
            {detectors.data.items.map((detector) => (
              <Row
                key={detector.name}
                project={project}
                detector={detector}
                open={open === detector.name}
                onPreview={() => preview(open === detector.name ? undefined : detector.name)}
                onTurn={(enabled) => turn.mutate({ name: detector.name, enabled })}
              />
            ))}
          </Table>
        )}
      </Card>
    </Section>
  );
}

interface RowProps {
  project: string;
  detector: Detector;
  open: boolean;
  onPreview: () => void;
  onTurn: (enabled: boolean) => void;
}

function Row({ project, detector, open, onPreview, onTurn }: RowProps) {
  return (
    <>
      <tr className={detector.enabled ? undefined : "text-muted"}>
        <td>
          <Switch checked={detector.enabled} onChange={onTurn} label={`${detector.title}: on`} />
        </td>
        <td className="w-full min-w-56">
          <p className="flex flex-wrap items-center gap-1.5 font-medium">
            <FindingIcon finding={detector} /> {detector.title}
            {detector.mode ? <Badge title={`Way of failing: ${detector.mode}`}>{detector.mode_name ?? detector.mode}</Badge> : null}
          </p>
          <p className="mt-0.5 text-2xs text-muted">{detector.description}</p>
        </td>
        <td className="num text-right whitespace-nowrap">
          <Measured detector={detector} />
        </td>
        <td className="num text-right whitespace-nowrap">
          <Link to="/runs" search={{ filter: [filterText("detectors", "eq", detector.name)] }} className="rounded hover:link">
            {count(detector.found_7d)} <span className="text-2xs text-faint">of {count(detector.runs_7d)}</span>
          </Link>
        </td>
        <td className="text-right">
          <Button aria-expanded={open} onClick={onPreview} aria-label={`Preview ${detector.title}`}>
            <Eye className="size-3.5 text-muted" aria-hidden /> Preview
          </Button>
        </td>
      </tr>
      {open ? (
        <tr>
          <td colSpan={COLUMNS.length} className="bg-canvas">
            <DetectorPreview project={project} name={detector.name} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

/** Its own fault planted in real runs; below it, how many of the runs it fired in had failed, on labelled ones. */
function Measured({ detector }: { detector: Detector }) {
  const { planted, precision, recall } = detector;
  const labelled = precision !== null || recall !== null;
  if (!planted && !labelled) return <span className="text-faint">not measured</span>;
  const both = (one: number | null, other: number | null) => `${one === null ? UNKNOWN : percent(one)} · ${other === null ? UNKNOWN : percent(other)}`;
  return (
    <>
      {planted ? (
        <span title={`Planted in real runs: ${count(planted.found)} of ${count(planted.planted)} found; ${count(planted.alarms)} alarms in ${count(planted.good)} good runs`}>
          {both(planted.precision, planted.recall)} <span className="text-2xs text-faint">planted, n {count(planted.planted)}</span>
        </span>
      ) : null}
      {labelled ? (
        <span className={planted ? "block text-2xs text-muted" : "block"} title={`Share of failed runs among those it found something in, and of the failed ones it found: ${detector.labelled_on ?? "labelled data"}`}>
          {both(precision, recall)} <span className="text-2xs text-faint">failed runs, n {count(detector.labelled_n ?? 0)}</span>
        </span>
      ) : null}
    </>
  );
}
