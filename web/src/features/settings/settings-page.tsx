import { Page } from "@/ui/shell/page";

export function SettingsPage() {
  return (
    <Page title="Settings">
      <p />
    </Page>
  );
}
