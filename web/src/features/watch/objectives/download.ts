import { api, dataOf } from "@/client/api";
import { notify } from "@/ui/toast";

/** Objectives as OpenSLO documents, saved by the browser. */
export async function saveOpenSlo(project: string, which: { agent?: string; objective?: string }): Promise<void> {
  try {
    const text = await dataOf(api.GET("/api/v1/objectives/openslo", { params: { query: { project, ...which } }, parseAs: "text" }));
    const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${which.objective ?? which.agent ?? "objectives"}.openslo.yaml`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (error) {
    notify("It was not exported", error instanceof Error ? error.message : undefined);
  }
}
