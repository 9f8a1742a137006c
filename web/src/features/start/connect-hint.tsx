import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { serverQuery } from "@/features/server/queries";
import { buttonClass } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";

/** What to do where nothing has arrived: the one line to copy, and where to read more. */
export function ConnectHint() {
  const server = useQuery(serverQuery);
  return (
    <div className="mt-4 flex flex-col items-center gap-4">
      <div className="w-full text-left">
        <CodeBlock title="Environment of an agent that sends OpenTelemetry" code={`export OTEL_EXPORTER_OTLP_ENDPOINT=${server.data?.otlp_http_url ?? "http://127.0.0.1:4318"}`} />
      </div>
      <Link to="/connect" className={buttonClass("primary", "md")}>
        Show the lines for my framework
      </Link>
    </div>
  );
}
