import type { RepositoryView } from './repository-view.ts'

/** `mesh is suspended (the network is rebuilt)`. */
export function printSuspended({ name, suspendReason }: RepositoryView): string {
  return `${name} is suspended${suspendReason === undefined ? '' : ` (${suspendReason})`}`
}
