/** Lets everything else that waits have its turn, in the middle of long work. */
export function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
