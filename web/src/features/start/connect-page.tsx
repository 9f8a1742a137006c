import { Page } from "@/ui/shell/page";

export function ConnectPage() {
  return (
    <Page title="Connect">
      <p />
    </Page>
  );
}
