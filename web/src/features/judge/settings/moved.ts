/** The list with one entry moved by so many places; at its ends it stays. */
export function moved<T>(list: readonly T[], index: number, by: number): T[] {
  const to = index + by;
  if (to < 0 || to >= list.length || index < 0 || index >= list.length) return [...list];
  const next = list.filter((_, place) => place !== index);
  return [...next.slice(0, to), ...list.slice(index, index + 1), ...next.slice(to)];
}
