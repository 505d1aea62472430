/** F8: of k writes the j-th fails, for each j: the others are done, the failure is named, and the next pass makes it good. */
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { type Cluster, ClusterError } from '../../../src/reconciler/cluster.ts'
import { idOf } from '../../support/cluster-objects.ts'
import { aTrafficTarget } from '../../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { aReconcilerWorld } from '../../support/reconciler-world.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']
const GRANTS = Object.assign({}, ...NAMES.map((name) => grantFile('bookbuyer', name))) as object

/** The real write of this object fails until the answer says otherwise; its dry run is well. */
function failing(
  cluster: Cluster,
  name: string,
  code: 'Unavailable' | 'TooManyRequests',
): () => void {
  const apply = cluster.apply.bind(cluster)
  cluster.apply = async (object: KubernetesObject, options) => {
    if (object.metadata.name === name && !options.dryRun)
      throw new ClusterError(code, 'etcdserver: no leader', { retryAfterMs: 7_000 })
    return await apply(object, options)
  }
  return () => {
    cluster.apply = apply
  }
}

it.each(NAMES)('a failed write of object %s of five', async (name) => {
  const world = await aReconcilerWorld()
  world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookbuyer', 'leaving') })
  await world.pass()
  const mend = failing(world.cluster, name, 'Unavailable')
  const commit = world.git.commit({ ...BOOKSTORE_FILES, ...GRANTS })
  const names = async () => {
    const { items } = await world.cluster.list(idOf(aTrafficTarget('any')))
    return items.map(({ metadata }) => metadata.name)
  }
  for (let i = 0; i < 2; i++) {
    const ended = await world.pass()
    expect(ended).toMatchObject({ type: 'failed', commit })
    expect(ended.type === 'failed' && ended.error.message).toBe(
      `1 object could not be written; TrafficTarget bookstore/${name}: etcdserver: no leader`,
    )
    // What is to go stays while something that is to come is not there: make before break.
    expect(await names()).toEqual(
      ['bookbuyer', ...NAMES, 'leaving'].filter((one) => one !== name).sort(),
    )
  }
  mend()
  expect(await world.pass()).toEqual({ type: 'synced', commit })
  expect(await names()).toEqual([...NAMES, 'bookbuyer'].sort())
})
