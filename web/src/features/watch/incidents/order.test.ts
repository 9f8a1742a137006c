import { expect, test } from "vitest";
import { inOrder, span } from "./order";
import type { Incident } from "./types";

const incident = (id: string, state: Incident["state"], severity: Incident["severity"], opened_at: string) => ({ id, state, severity, opened_at });

test("what nobody looks after comes first, the worst of it first, then the newest", () => {
  const shown = inOrder([
    incident("resolved critical", "resolved", "critical", "2026-11-20T00:00:00Z"),
    incident("acknowledged critical", "acknowledged", "critical", "2026-11-22T00:00:00Z"),
    incident("open warning", "open", "warning", "2026-11-22T00:00:00Z"),
    incident("reopened error, new", "reopened", "error", "2026-11-22T00:00:00Z"),
    incident("open error, old", "open", "error", "2026-11-21T00:00:00Z"),
    incident("mitigated", "mitigated", "critical", "2026-11-22T00:00:00Z"),
  ]).map((each) => each.id);

  expect(shown).toEqual(["reopened error, new", "open error, old", "open warning", "acknowledged critical", "mitigated", "resolved critical"]);
});

test("times of incidents are said in one unit", () => {
  expect([null, 42, 720, 12_240, 181_440].map(span)).toEqual(["–", "42 s", "12 min", "3.4 h", "2.1 d"]);
});
