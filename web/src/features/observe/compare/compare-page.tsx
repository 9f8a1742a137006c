import { Page } from "@/ui/shell/page";

export function ComparePage() {
  return (
    <Page title="Compare">
      <p />
    </Page>
  );
}
