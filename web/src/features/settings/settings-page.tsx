import { getRouteApi, Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { lazy, Suspense, type ComponentType } from "react";
import { cx } from "@/ui/classes";
import { Page } from "@/ui/shell/page";
import { Empty, SkeletonRows } from "@/ui/states";

const route = getRouteApi("/shell/settings/$section");

interface SectionEntry {
  id: string;
  label: string;
  component: ComponentType;
}

const SECTIONS: readonly SectionEntry[] = [
  { id: "projects", label: "Projects", component: lazy(() => import("./projects").then((m) => ({ default: m.Projects }))) },
  { id: "keys", label: "Keys", component: lazy(() => import("./keys").then((m) => ({ default: m.Keys }))) },
  { id: "prices", label: "Prices", component: lazy(() => import("./prices").then((m) => ({ default: m.Prices }))) },
  { id: "channels", label: "Notification channels", component: lazy(() => import("@/features/watch/notifying/channels").then((m) => ({ default: m.Channels }))) },
  { id: "silences", label: "Silences", component: lazy(() => import("@/features/watch/notifying/silences").then((m) => ({ default: m.Silences }))) },
  { id: "register", label: "Import owners", component: lazy(() => import("@/features/registry/import").then((m) => ({ default: m.RegisterImport }))) },
  { id: "outcomes", label: "Outcomes", component: lazy(() => import("@/features/judge/settings/outcomes").then((m) => ({ default: m.Outcomes }))) },
  { id: "detectors", label: "Detectors", component: lazy(() => import("@/features/judge/settings/detectors").then((m) => ({ default: m.Detectors }))) },
  { id: "evaluators", label: "Evaluators", component: lazy(() => import("@/features/judge/settings/evaluators").then((m) => ({ default: m.Evaluators }))) },
  { id: "judges", label: "Judges", component: lazy(() => import("@/features/judge/settings/judges").then((m) => ({ default: m.Judges }))) },
  { id: "rejudge", label: "Judge again", component: lazy(() => import("@/features/judge/settings/rejudge").then((m) => ({ default: m.Rejudge }))) },
  { id: "endpoints", label: "Model endpoints", component: lazy(() => import("@/features/judge/settings/endpoints").then((m) => ({ default: m.Endpoints }))) },
  { id: "rejected", label: "Rejected data", component: lazy(() => import("./rejected").then((m) => ({ default: m.Rejected }))) },
  { id: "storage", label: "Storage and retention", component: lazy(() => import("./storage").then((m) => ({ default: m.StorageSettings }))) },
  { id: "server", label: "Server", component: lazy(() => import("./server").then((m) => ({ default: m.ServerSettings }))) },
];

export function SettingsPage() {
  const { section: asked } = route.useParams();
  const section = SECTIONS.find((each) => each.id === asked);
  return (
    <Page title="Settings">
      <div className="h-full overflow-y-auto">
        <div className="mx-auto grid max-w-6xl gap-6 p-4 md:grid-cols-[11rem_minmax(0,1fr)] md:p-6">
          <nav aria-label="Settings" className="flex flex-wrap gap-0.5 md:flex-col">
            {SECTIONS.map((each) => (
              <Link
                key={each.id}
                to="/settings/$section"
                params={{ section: each.id }}
                className={cx("flex h-8 items-center rounded-md px-2.5", each.id === asked ? "bg-hover font-medium text-text" : "text-muted hover:bg-hover hover:text-text")}
                aria-current={each.id === asked ? "page" : undefined}
              >
                {each.label}
              </Link>
            ))}
          </nav>
          <div className="min-w-0">
            {section ? (
              <Suspense fallback={<SkeletonRows rows={5} />}>
                <section.component />
              </Suspense>
            ) : (
              <Empty icon={<SearchX />} title="There is no such setting" />
            )}
          </div>
        </div>
      </div>
    </Page>
  );
}
