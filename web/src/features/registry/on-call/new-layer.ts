import { dayOf, mondayOf } from "@/ui/zoned";
import type { Layer } from "../types";

const HAND_OVER = "09:00";
const HAND_OVER_MS = 9 * 3_600_000;

/** A week each from Mondays at nine. It begins with the last hand-over before `now`, or on a Monday before nine nobody would be on call. */
export function newLayer(number: number, now: number, zone: string): Layer {
  return {
    name: number === 1 ? "rotation" : `layer ${number}`,
    people: [],
    starts_on: mondayOf(dayOf(now - HAND_OVER_MS, zone)),
    ends_on: "",
    turn: "week",
    every: 1,
    hand_over_weekday: "monday",
    hand_over_time: HAND_OVER,
    windows: [],
  };
}
