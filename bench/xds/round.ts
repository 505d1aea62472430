/** One commit, from its files to the last ACK. */
export interface Round {
  readonly totalMs: number
  readonly compileMs: number
  readonly ackMs: number
  readonly touched: number
  readonly messages: number
  readonly bytes: number
  readonly cpuMs: number
}
