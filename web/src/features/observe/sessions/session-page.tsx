import { Page } from "@/ui/shell/page";

export function SessionPage() {
  return (
    <Page title="Session">
      <p />
    </Page>
  );
}
