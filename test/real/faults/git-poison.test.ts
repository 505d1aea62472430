/** F23, what only a real git server can serve: a poisoned commit is rejected as a whole, and the next good one is applied. */
import { expect, it } from 'vitest'
import { READING_LIMITS } from '../../../src/policy/yaml/reading-limits.ts'
import { idOf } from '../../support/cluster-objects.ts'
import { aTrafficTarget } from '../../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { aGitWorld, type GitWorld } from './git-world.ts'
import { POISON } from './poison.ts'

/** As `plumb run` reads, but for the size of an object, so that the test need not make so large a one. */
const { maxTotalBytes } = READING_LIMITS
const LIMITS = { maxFiles: 1_000_000, maxFileBytes: maxTotalBytes, maxTotalBytes }
const OPTIONS = { limits: LIMITS, maxObjectBytes: 8 << 20 }

async function versions(world: GitWorld): Promise<readonly unknown[]> {
  const { items } = await world.cluster.list(idOf(aTrafficTarget('any')))
  return items.map(({ metadata }) => metadata.resourceVersion)
}

/** One control plane for all of them: what one poison leaves behind must not harm what comes after it. */
it('rejects every poisoned commit as a whole, and applies the good one that follows', async () => {
  const world = await aGitWorld(OPTIONS)
  let good = world.push(BOOKSTORE_FILES)
  await world.pass()
  const names = ['bookbuyer']
  for (const [name, poison] of Object.entries(POISON)) {
    const [before, served] = [await versions(world), world.served.length]
    world.repository.commit(grantFile('accomplice'))
    poison(world.repository)
    world.repository.publish()
    // What is wrong is wrong again when it is tried again.
    for (let i = 0; i < 2; i++)
      expect([name, (await world.pass()).type]).toEqual([
        name,
        expect.stringMatching('stalled|failed'),
      ])
    expect([name, world.served.length, await versions(world)]).toEqual([name, served, before])

    world.repository.git('reset', '-q', '--hard', good)
    world.repository.git('clean', '-qfdx')
    const next = `next-${names.length}`
    names.push(next)
    good = world.push(grantFile('bookbuyer', next))
    expect([name, await world.pass()]).toEqual([name, { type: 'synced', commit: good }])
  }
  expect(await world.grants()).toEqual([...names].sort())
}, 120_000)
