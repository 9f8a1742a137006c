import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { buttonClass } from "@/ui/button";
import { Page } from "@/ui/shell/page";
import { Empty } from "@/ui/states";

export function NoSuchRun({ id }: { id: string }) {
  return (
    <Page title="Run">
      <Empty icon={<SearchX />} title="There is no such run">
        <p>
          <span className="font-mono text-xs">{id}</span> was not received, belongs to another project, or its day was dropped by the retention.
        </p>
        <Link to="/runs" className={`${buttonClass()} mt-4`}>
          All runs
        </Link>
      </Empty>
    </Page>
  );
}
