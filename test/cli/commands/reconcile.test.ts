/** `plumb reconcile`: what it asks, what it prints while it waits, and what it ends with. */
import { describe, expect, it } from 'vitest'
import { reconcileCommand } from '../../../src/cli/commands/reconcile.ts'
import { SUSPEND_REASON } from '../../../src/cli/repositories/suspend-reason.ts'
import {
  MESH_REPOSITORY,
  RECONCILE_REQUESTED_AT,
} from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
import {
  aCommandCluster,
  aFollowedRepository,
  type CommandCluster,
  playPass,
  runCommand,
} from '../../support/command-cluster.ts'
import {
  aCondition,
  aMeshRepository,
  aStatus,
  CONTROL_NAMESPACE,
  FIRST,
  SECOND,
} from '../../support/mesh-repositories.ts'

async function reconcile({ data }: CommandCluster, ...args: readonly string[]) {
  return await runCommand(reconcileCommand(), ...args, '--data', data)
}

async function annotationOf({ cluster }: CommandCluster): Promise<string | undefined> {
  const stored = await cluster.get({
    ...MESH_REPOSITORY,
    namespace: CONTROL_NAMESPACE,
    name: 'mesh',
  })
  return stored?.metadata.annotations?.[RECONCILE_REQUESTED_AT]
}

describe('plumb reconcile', () => {
  it('follows the commit to the proxies, and ends with 0', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const { validated, applied, enforced } = aStatus(FIRST)
    const sourced = aStatus(SECOND, { validated, applied, enforced })
    playPass(place, 'mesh', sourced, aStatus(SECOND))
    expect(await reconcile(place, 'mesh')).toEqual({
      exitCode: 0,
      stdout: 'mesh: commit 2222222 is enforced\n',
      stderr: `mesh: sourced    2222222bbbbb "subject of 222"
mesh: validated  2222222bbbbb
mesh: applied    2222222bbbbb, 7 objects
mesh: enforced   2222222bbbbb, 4 of 4 proxies have ACKed it
`,
    })
    expect(await annotationOf(place)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('ends at once where there is nothing new', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    playPass(place, 'mesh', aStatus(FIRST))
    expect(await reconcile(place, 'mesh')).toEqual({
      ...{ exitCode: 0, stdout: 'mesh: commit 1111111 is enforced\n', stderr: '' },
    })
  })

  it('ends with 1 and the reason where the commit stops', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const conditions = [
      aCondition({ status: 'False', reason: 'PruneBlocked', message: 'too much' }),
    ]
    playPass(place, 'mesh', aStatus(SECOND, { conditions }))
    const { exitCode, stdout } = await reconcile(place, 'mesh')
    expect([exitCode, stdout]).toEqual([1, 'mesh: PruneBlocked: too much\n'])
  })

  it('asks nothing of a repository that is suspended', async () => {
    const place = await aCommandCluster()
    const object = aMeshRepository('mesh', { suspend: true })
    const annotations = { [SUSPEND_REASON]: 'maintenance' }
    const metadata = { ...object.metadata, annotations }
    await place.cluster.create({ ...object, metadata }, { fieldManager: 'kubectl' })
    expect(await reconcile(place, 'mesh')).toEqual({
      exitCode: 1,
      stdout: 'mesh is suspended (maintenance); take it up again with plumb resume mesh\n',
      stderr: '',
    })
    expect(await annotationOf(place)).toBeUndefined()
  })

  it('asks and goes, with --no-wait', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const { exitCode, stdout } = await reconcile(place, 'mesh', '--no-wait')
    expect([exitCode, stdout]).toEqual([0, 'mesh: a pass was asked for\n'])
    expect(await annotationOf(place)).toBeDefined()
  })

  it('gives up after the timeout, and tells whether anybody heard', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await expect(reconcile(place, 'mesh', '--timeout', '1ms')).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('no control plane has done the pass of mesh within'),
    })
  })

  it('refuses a timeout that it cannot read', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await expect(reconcile(place, 'mesh', '--timeout', 'soon')).rejects.toThrow(
      '--timeout is "soon"; write a span',
    )
  })
})
