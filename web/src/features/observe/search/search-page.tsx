import { Page } from "@/ui/shell/page";

export function SearchPage() {
  return (
    <Page title="Search">
      <p />
    </Page>
  );
}
