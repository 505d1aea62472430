/** The mesh as all its repositories together ask for it. */
import type { Intent } from './intent.ts'

/** An Intent of no single commit; an Intent is one, too. */
export type MeshIntent = Omit<Intent, 'commit'>
