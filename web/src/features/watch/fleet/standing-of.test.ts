import { expect, test } from "vitest";
import type { RegisteredAgent } from "@/features/registry/types";
import { ownershipOf } from "./standing-of";

const agent = (name: string) => ({ name }) as RegisteredAgent;

test("each agent has its standing incidents, and those nobody looks after", () => {
  const found = ownershipOf(
    [agent("support"), agent("sql")],
    [
      { agents: ["support", "nobody registered"], state: "open" },
      { agents: ["support"], state: "acknowledged" },
    ],
  );

  expect(found.get("support")).toMatchObject({ standing: 2, waiting: 1 });
  expect(found.get("sql")).toMatchObject({ standing: 0, waiting: 0 });
  expect(found.get("nobody registered")).toMatchObject({ registered: undefined, standing: 1, waiting: 1 });
});
