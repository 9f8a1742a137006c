/** What to copy to connect an agent of each framework. Tested against nothing here: examples/ and `make demo` run them. */

export interface Framework {
  id: string;
  name: string;
  language: "python" | "typescript";
  install: string;
  code: string;
  /** What is worth knowing. */
  note?: string;
}

/** The lines all OpenInference instrumentors share: an exporter that reads the environment. */
const PROVIDER = `from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
`;

const EXPORTER = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http";

function openInference(id: string, name: string, pack: string, module: string, instrumentor: string, note?: string): Framework {
  return {
    id,
    name,
    language: "python",
    install: `pip install openinference-instrumentation-${pack} ${EXPORTER}`,
    code: `${PROVIDER}
from openinference.instrumentation.${module} import ${instrumentor}
${instrumentor}().instrument(tracer_provider=provider)`,
    ...(note ? { note } : {}),
  };
}

export const FRAMEWORKS: readonly Framework[] = [
  {
    id: "roadworthy",
    name: "Roadworthy SDK",
    language: "python",
    install: "pip install roadworthy",
    code: `import roadworthy

roadworthy.init()  # exports, and instruments the frameworks it finds

@roadworthy.agent
def answer(question: str) -> str:
    ...
    roadworthy.outcome("success", reason="refund confirmed")
    return text`,
    note: "The shortest way in Python, and the only one that records outcomes and scores by itself.",
  },
  openInference("openai", "OpenAI SDK", "openai", "openai", "OpenAIInstrumentor", "A raw SDK sends a trace for each call; calls of one conversation are joined into one run."),
  openInference("openai-agents", "OpenAI Agents", "openai-agents", "openai_agents", "OpenAIAgentsInstrumentor"),
  openInference("langgraph", "LangGraph, LangChain", "langchain", "langchain", "LangChainInstrumentor"),
  {
    id: "pydantic-ai",
    name: "Pydantic AI",
    language: "python",
    install: `pip install pydantic-ai ${EXPORTER}`,
    code: `${PROVIDER}
from opentelemetry.trace import set_tracer_provider
from pydantic_ai import Agent

set_tracer_provider(provider)
Agent.instrument_all()`,
  },
  openInference("crewai", "CrewAI", "crewai", "crewai", "CrewAIInstrumentor", "Add the instrumentation of the model's SDK too: CrewAI's own spans carry no model calls."),
  {
    id: "autogen",
    name: "AutoGen",
    language: "python",
    install: `pip install openinference-instrumentation-autogen-agentchat openinference-instrumentation-openai ${EXPORTER}`,
    code: `${PROVIDER}
from openinference.instrumentation.autogen_agentchat import AutogenAgentChatInstrumentor
AutogenAgentChatInstrumentor().instrument(tracer_provider=provider)`,
  },
  openInference("llama-index", "LlamaIndex", "llama-index", "llama_index", "LlamaIndexInstrumentor", "It sends no token counts: tokens and cost stay unknown unless the model's SDK is instrumented too."),
  {
    id: "strands",
    name: "Strands Agents",
    language: "python",
    install: "pip install 'strands-agents[otel]'",
    code: `from strands.telemetry import StrandsTelemetry

StrandsTelemetry().setup_otlp_exporter()`,
  },
  openInference("google-adk", "Google ADK", "google-adk", "google_adk", "GoogleADKInstrumentor"),
  openInference("smolagents", "smolagents", "smolagents", "smolagents", "SmolagentsInstrumentor"),
  {
    id: "vercel-ai",
    name: "Vercel AI SDK",
    language: "typescript",
    install: "npm install @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto",
    code: `import { NodeSDK } from "@opentelemetry/sdk-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";

new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start();

await generateText({
  model, prompt, tools,
  experimental_telemetry: { isEnabled: true, functionId: "my-agent" },
});`,
  },
  {
    id: "claude-agent-sdk",
    name: "Claude Agent SDK",
    language: "python",
    install: "pip install claude-agent-sdk",
    code: `# The SDK sends OpenTelemetry by itself; it only has to be told so:
export CLAUDE_CODE_ENABLE_TELEMETRY=1
export CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1
export OTEL_TRACES_EXPORTER=otlp
export OTEL_LOGS_EXPORTER=otlp`,
  },
  {
    id: "anything",
    name: "Anything else",
    language: "python",
    install: `pip install ${EXPORTER}`,
    code: `${PROVIDER}
tracer = provider.get_tracer("my-agent")
with tracer.start_as_current_span("invoke_agent my-agent") as span:
    span.set_attribute("gen_ai.operation.name", "invoke_agent")
    span.set_attribute("gen_ai.agent.name", "my-agent")`,
    note: "Any OpenTelemetry exporter, collector or language will do: HTTP or gRPC, protobuf or JSON. GenAI, OpenInference, Traceloop, Vercel AI, Langfuse and LangSmith attributes are understood.",
  },
];

/** The lines every framework needs: where to send, as whom, and with which key. */
export function environment(endpoint: string, { key, service = "my-agent" }: { key?: string; service?: string } = {}): string {
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    `export OTEL_SERVICE_NAME=${service}`,
    ...(key ? [`export OTEL_EXPORTER_OTLP_HEADERS="x-api-key=${key}"`] : []),
  ].join("\n");
}
