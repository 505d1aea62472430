/** Who we are to the API server, as the client library has it: certificates, tokens that are renewed, credential plugins, proxies. */
import type { RequestOptions } from 'node:https'
import type { Clock, Ms } from '../../model/clock.ts'
import type { KubeConfig } from './kube-config-class.ts'

/** The library reads files for every request. A token of a service account is renewed minutes before it ends. */
const GOOD_FOR_MS: Ms = 1_000

export class ApiCredentials {
  readonly #config: KubeConfig
  readonly #clock: Clock
  #known: { readonly options: Promise<RequestOptions>; readonly until: Ms } | undefined

  constructor(config: KubeConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  /** Headers, TLS material and, behind a proxy, the agent. Rejects with what a credential plugin or a file has to say. */
  async options(): Promise<RequestOptions> {
    const now = this.#clock.monotonic()
    if (this.#known !== undefined && now < this.#known.until) return await this.#known.options
    const options = this.#ask()
    const known = { options, until: now + GOOD_FOR_MS }
    this.#known = known
    try {
      return await options
    } catch (error) {
      // A failure is nobody's credentials.
      if (this.#known === known) this.#known = undefined
      throw error
    }
  }

  async #ask(): Promise<RequestOptions> {
    const options: RequestOptions = { headers: {} }
    await this.#config.applyToHTTPSOptions(options)
    const { agent, ...own } = options
    const isProxied = this.#config.getCurrentCluster()?.proxyUrl !== undefined
    return isProxied ? { ...own, ...(agent !== undefined && { agent }) } : own
  }
}
