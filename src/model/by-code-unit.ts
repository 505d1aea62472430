/** Compares strings by UTF-16 code unit: the same order on every machine, which localeCompare does not give. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
