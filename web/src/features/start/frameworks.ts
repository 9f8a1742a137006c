/** What to copy to connect an agent of each framework. The lines stand in frameworks.json, where tests find and run them. */

import lines from "./frameworks.json";

export interface Framework {
  id: string;
  name: string;
  language: "python" | "typescript";
  install: string;
  code: string;
  /** What is worth knowing. */
  note?: string;
}

export const FRAMEWORKS: readonly Framework[] = lines.map(({ language, code, ...rest }) => ({
  ...rest,
  language: language === "typescript" ? "typescript" : "python",
  code: code.join("\n"),
}));

/** The lines every framework needs: where to send, as whom, and with which key. */
export function environment(endpoint: string, { key, service = "my-agent" }: { key?: string; service?: string } = {}): string {
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    `export OTEL_SERVICE_NAME=${service}`,
    ...(key ? [`export OTEL_EXPORTER_OTLP_HEADERS="x-api-key=${key}"`] : []),
  ].join("\n");
}
