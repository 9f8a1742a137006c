import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { registryQuery } from "@/features/registry/queries";
import { standingQuery } from "../incidents/queries";
import { ownershipOf, type Ownership } from "./standing-of";

/** undefined while either is being read: nothing is said rather than something wrong. */
export function useOwnership(project: string): Ownership | undefined {
  const registry = useQuery(registryQuery(project)).data;
  const standing = useQuery(standingQuery(project)).data;
  return useMemo(() => (registry && standing ? ownershipOf(registry.items, standing.items) : undefined), [registry, standing]);
}
