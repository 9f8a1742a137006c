import { Page } from "@/ui/shell/page";

export function RunPage() {
  return (
    <Page title="Run">
      <p />
    </Page>
  );
}
