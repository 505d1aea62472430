/** Keeps every proxy's leaf certificate fresh: issues it, renews it in time, and says so long before it is too late. */
import type { Clock, Ms } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { Logger } from '../model/logger.ts'
import { type ServiceAccount, toAccountKey } from '../model/service-account.ts'
import type { TrustDomain } from '../model/spiffe-id.ts'
import type { CertificateAuthority } from './certificate-authority.ts'
import { ClockWatch } from './clock-watch.ts'
import { HeldSvid, type RotationTools, type Svid } from './held-svid.ts'
import { IssueLane } from './issue-lane.ts'
import type { KeyType } from './key-pair.ts'
import { toSvidNames } from './svid-names.ts'

export interface SvidRequest {
  readonly account: ServiceAccount
  /** Every proxy has a key of its own, also where many share one identity. */
  readonly proxyUid: string
}

export interface SvidRotationOptions {
  readonly authority: CertificateAuthority
  readonly trustDomain: TrustDomain
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Asked at every issue: the lifetime is policy, and a commit may change it. */
  readonly validityMs: () => Ms
  /** Default p256. */
  readonly keyType?: KeyType
  /** Issues at once; further ones wait their turn. Default 16. */
  readonly maxInFlight?: number
}

export class SvidRotation {
  readonly #trustDomain: TrustDomain
  readonly #tools: RotationTools
  readonly #held = new Map<string, HeldSvid>()

  constructor(options: SvidRotationOptions) {
    this.#trustDomain = options.trustDomain
    this.#tools = {
      ...options,
      keyType: options.keyType ?? 'p256',
      lane: new IssueLane(options.maxInFlight ?? 16),
      clockWatch: new ClockWatch(options),
    }
  }

  /** How many proxies' leaves are held. */
  get size(): number {
    return this.#held.size
  }

  /**
   * The proxy's leaf, issued now or held already: askers at the same time share one issue and one key. Every renewal
   * goes to `renewed` until the signal aborts; when the last asker has gone, the key is forgotten. While the authority
   * is unavailable the promise waits and tries again. Throws `AuthorityError` Denied, and the signal's reason.
   */
  svid(request: SvidRequest, renewed: (svid: Svid) => void, signal: AbortSignal): Promise<Svid> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const key = `${toAccountKey(request.account)}/${request.proxyUid}`
      const held = this.#hold(key, request)
      const letGo = held.hold(renewed)
      const end = (reason: unknown): void => {
        letGo()
        if (held.isOver && this.#held.get(key) === held) this.#held.delete(key)
        reject(reason)
      }
      signal.addEventListener('abort', () => end(signal.reason), { once: true })
      if (held.current !== undefined) resolve(held.current)
      else held.first.then(resolve, end)
    })
  }

  #hold(key: string, request: SvidRequest): HeldSvid {
    const known = this.#held.get(key)
    if (known !== undefined) return known
    const held = new HeldSvid(toSvidNames(this.#trustDomain, request.account), this.#tools)
    this.#held.set(key, held)
    return held
  }
}
