import { Page } from "@/ui/shell/page";

export function LoginPage() {
  return (
    <Page title="Login">
      <p />
    </Page>
  );
}
