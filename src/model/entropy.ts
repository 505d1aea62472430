/** The entropy port: unpredictable bytes in production, a seeded sequence in tests. */
export interface Entropy {
  bytes(length: number): Uint8Array
}
