import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { DEFAULT_PROJECT, useProject } from "@/client/project";
import { projectsQuery, serverQuery } from "@/features/server/queries";
import { cx } from "@/ui/classes";
import { CodeBlock } from "@/ui/copy";
import { Page } from "@/ui/shell/page";
import { environment, FRAMEWORKS } from "./frameworks";
import { Waiting } from "./waiting";

const route = getRouteApi("/shell/connect");

/** The first page of a new installation: lines to copy, and a light that turns green. */
export function ConnectPage() {
  const project = useProject();
  const { framework: asked } = route.useSearch();
  const server = useQuery(serverQuery);
  const projects = useQuery(projectsQuery);
  const framework = FRAMEWORKS.find((each) => each.id === asked) ?? FRAMEWORKS[0];
  const endpoint = server.data?.otlp_http_url ?? "http://127.0.0.1:4318";
  // Without a key spans go to the default project; any other needs one that names it.
  const needsKey = project !== DEFAULT_PROJECT || (projects.data?.items.find((each) => each.id === project)?.require_key ?? false);
  if (!framework) return null;
  return (
    <Page title="Connect an agent">
      <div className="h-full overflow-y-auto">
        <div className="mx-auto flex max-w-5xl flex-col gap-6 p-4 md:p-6">
          <Waiting project={project} />
          <div className="grid gap-6 md:grid-cols-[13rem_minmax(0,1fr)]">
            <nav aria-label="Frameworks" className="flex flex-row flex-wrap gap-0.5 md:flex-col">
              {FRAMEWORKS.map((each) => (
                <Link
                  key={each.id}
                  to="/connect"
                  search={{ framework: each.id }}
                  replace
                  aria-current={each.id === framework.id ? "page" : undefined}
                  className={cx("flex h-8 items-center rounded-md px-2.5", each.id === framework.id ? "bg-hover font-medium text-text" : "text-muted hover:bg-hover hover:text-text")}
                >
                  {each.name}
                </Link>
              ))}
            </nav>
            <div className="flex min-w-0 flex-col gap-6">
              <Step number={1} title="Say where to send">
                <CodeBlock code={environment(endpoint, needsKey ? { key: "rw_YOUR_KEY" } : {})} title="Environment of the agent" />
                <p className="text-xs text-muted">
                  {needsKey ? (
                    <>
                      This project takes data with a key only.{" "}
                      <Link to="/settings/$section" params={{ section: "keys" }} className="link">
                        Make a key
                      </Link>{" "}
                      with the scope ingest.
                    </>
                  ) : (
                    <>
                      gRPC: <code className="font-mono">{server.data?.otlp_grpc_url ?? "http://127.0.0.1:4317"}</code> with{" "}
                      <code className="font-mono">OTEL_EXPORTER_OTLP_PROTOCOL=grpc</code>. No key is needed here.
                    </>
                  )}
                </p>
              </Step>
              <Step number={2} title={`Install what ${framework.name} needs`}>
                <CodeBlock code={framework.install} title="Shell" />
              </Step>
              <Step number={3} title="Start it with your agent">
                <CodeBlock code={framework.code} title={framework.language === "python" ? (framework.code.startsWith("#") ? "Shell" : "Python") : "TypeScript"} />
                {framework.note ? <p className="text-xs text-muted">{framework.note}</p> : null}
              </Step>
              <p className="text-xs text-muted">
                Nothing arrives? See{" "}
                <Link to="/settings/$section" params={{ section: "rejected" }} className="link">
                  what was rejected, and why
                </Link>
                , or run <code className="font-mono">roadworthy doctor</code>.
              </p>
            </div>
          </div>
        </div>
      </div>
    </Page>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2.5">
      <h2 className="flex items-center gap-2.5 text-base font-semibold">
        <span className="num flex size-5.5 items-center justify-center rounded-full border border-line-strong text-xs font-medium text-muted">{number}</span>
        {title}
      </h2>
      {children}
    </section>
  );
}
