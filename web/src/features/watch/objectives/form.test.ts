import { expect, it } from "vitest";
import { bodyOf, emptyForm, formOf } from "./form";
import type { Objective } from "./types";

it("sends nothing while something is missing", () => {
  expect(bodyOf(emptyForm)).toBeUndefined();
  expect(bodyOf({ ...emptyForm, agent: "support", target: "100" })).toBeUndefined();
  expect(bodyOf({ ...emptyForm, agent: "support", kind: "latency" })).toBeUndefined();
});

it("what is read from an objective is what is sent", () => {
  const form = { ...emptyForm, agent: "support", kind: "latency" as const, threshold: "3200", target: "57", rolling: false, unit: "week" as const, zone: "Europe/Berlin", kept: { budgeting: "timeslices" as const, time_slice: { seconds: 300, target: 0.9 }, count: 2, start: "2026-01-05 00:00:00" } };
  const body = bodyOf(form);
  expect(body?.target).toBe(0.57);
  expect(formOf({ ...body, id: "a" } as unknown as Objective)).toEqual({ ...form, name: "Latency" });
});
