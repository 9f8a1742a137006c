import { Page } from "@/ui/shell/page";

export function SessionsPage() {
  return (
    <Page title="Sessions">
      <p />
    </Page>
  );
}
