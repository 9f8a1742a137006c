import { Page } from "@/ui/shell/page";

export function RunsPage() {
  return (
    <Page title="Runs">
      <p />
    </Page>
  );
}
