/** F23, whatever a file can hold: a poisoned commit is rejected as a whole, the last good one stays, the next is applied. */
import { expect, it } from 'vitest'
import { idOf } from '../../support/cluster-objects.ts'
import { aTrafficTarget } from '../../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { aReconcilerWorld } from '../../support/reconciler-world.ts'
import { POISON_FILES } from './poison-files.ts'

it.each(POISON_FILES)('%s (%s)', async (_, code, poison) => {
  const world = await aReconcilerWorld()
  const good = world.git.commit(BOOKSTORE_FILES)
  await world.pass()
  const grants = async () => (await world.cluster.list(idOf(aTrafficTarget('any')))).items
  const before = await grants()
  const commit = world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('accomplice'), ...poison })
  for (let i = 0; i < 2; i++) {
    const ended = await world.pass()
    expect(ended).toMatchObject({ type: 'stalled', commit })
    const problems = ended.type === 'stalled' ? ended.problems : []
    expect(problems.map((problem) => problem.code)).toContainEqual(expect.stringContaining(code))
    expect(JSON.stringify(ended)).not.toContain('canary')
  }
  expect([world.served, await grants()]).toEqual([[good], before])
  expect(({} as Readonly<Record<string, unknown>>)['polluted']).toBeUndefined()
  const next = world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('reader') })
  expect(await world.pass()).toEqual({ type: 'synced', commit: next })
  expect((await grants()).map(({ metadata }) => metadata.name)).toEqual(['bookbuyer', 'reader'])
})
