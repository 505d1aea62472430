/** How often the client library is asked who we are. */
import type { RequestOptions } from 'node:https'
import { expect, it } from 'vitest'
import { ApiCredentials } from '../../../src/reconciler/kubernetes/api-credentials.ts'
import { KubeConfig } from '../../../src/reconciler/kubernetes/kube-config-class.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** Another token each time, as plugins give; the first ones as told. */
class CountingConfig extends KubeConfig {
  asked = 0
  failing = false

  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    this.asked += 1
    if (this.failing) throw new Error('the plugin failed')
    await Promise.resolve()
    options.headers = { Authorization: `Bearer ${this.asked}` }
  }
}

function aWorld() {
  const [config, clock] = [new CountingConfig(), new FakeClock()]
  config.loadFromClusterAndUser(
    { name: 'c', server: 'https://c', skipTLSVerify: false },
    { name: 'u' },
  )
  const credentials = new ApiCredentials(config, clock)
  const token = async () => (await credentials.options()).headers
  return { config, clock, token }
}

it('asks once for all calls of a second, and anew after it', async () => {
  const { config, clock, token } = aWorld()
  const all = await Promise.all([token(), token(), token()])
  expect(all).toEqual(Array(3).fill({ Authorization: 'Bearer 1' }))
  await clock.advance(999)
  expect(await token()).toEqual({ Authorization: 'Bearer 1' })
  await clock.advance(1)
  expect(await token()).toEqual({ Authorization: 'Bearer 2' })
  expect(config.asked).toBe(2)
})

it('keeps no failure: the next call asks again', async () => {
  const { config, token } = aWorld()
  config.failing = true
  await expect(token()).rejects.toThrow('the plugin failed')
  config.failing = false
  expect(await token()).toEqual({ Authorization: 'Bearer 2' })
})
