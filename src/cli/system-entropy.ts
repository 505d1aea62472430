/** The kernel's random bytes. */
import { randomBytes } from 'node:crypto'
import type { Entropy } from '../model/entropy.ts'

export class SystemEntropy implements Entropy {
  bytes(length: number): Uint8Array {
    return randomBytes(length)
  }
}
