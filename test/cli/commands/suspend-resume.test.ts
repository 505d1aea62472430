/** `plumb suspend` and `plumb resume`. */
import { describe, expect, it } from 'vitest'
import { resumeCommand } from '../../../src/cli/commands/resume.ts'
import { suspendCommand } from '../../../src/cli/commands/suspend.ts'
import { SUSPEND_REASON } from '../../../src/cli/repositories/suspend-reason.ts'
import { MESH_REPOSITORY } from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
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
} from '../../support/mesh-repositories.ts'

async function suspend({ data }: CommandCluster, ...args: readonly string[]) {
  return await runCommand(suspendCommand(), ...args, '--data', data)
}

async function resume({ data }: CommandCluster, ...args: readonly string[]) {
  return await runCommand(resumeCommand(), ...args, '--data', data)
}

async function stored({ cluster }: CommandCluster, name: string) {
  const object = await cluster.get({ ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name })
  const spec = object?.['spec'] as Readonly<Record<string, unknown>>
  return { suspend: spec['suspend'], reason: object?.metadata.annotations?.[SUSPEND_REASON] }
}

describe('plumb suspend', () => {
  it('says what stops and what goes on', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    expect(await suspend(place, 'mesh', '--reason', 'maintenance')).toEqual({
      exitCode: 0,
      stdout:
        'mesh is suspended (maintenance): nothing is read, applied or put back until plumb resume mesh; proxies keep commit 1111111aaaaa\n',
      stderr: '',
    })
    expect(await stored(place, 'mesh')).toEqual({ suspend: true, reason: 'maintenance' })
  })

  it('changes nothing of one that is suspended already, but a new reason', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await suspend(place, 'mesh', '--reason', 'maintenance')
    expect((await suspend(place, 'mesh')).stdout).toBe('mesh is suspended (maintenance) already\n')
    await suspend(place, 'mesh', '--reason', 'an incident')
    expect(await stored(place, 'mesh')).toEqual({ suspend: true, reason: 'an incident' })
  })

  it('suspends all only when that is said', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await aFollowedRepository(place, 'payments', aStatus(FIRST))
    await expect(suspend(place)).rejects.toThrow('name one MeshRepository or more, or say --all')
    await expect(suspend(place, 'mesh', '--all')).rejects.toThrow('leave one of them out')
    expect((await suspend(place, '--all')).stdout.split('\n')).toHaveLength(3)
    expect((await stored(place, 'payments')).suspend).toBe(true)
  })

  it('suspends none where one of the names is not there', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await expect(suspend(place, 'mesh', 'payment')).rejects.toThrow('no MeshRepository "payment"')
    expect((await stored(place, 'mesh')).suspend).toBeUndefined()
  })

  it('warns of a GitOps controller that says otherwise', async () => {
    const place = await aCommandCluster()
    await place.cluster.apply(aMeshRepository('mesh', { suspend: false }), {
      ...{ fieldManager: 'kustomize-controller', force: false, dryRun: false },
    })
    expect((await suspend(place, 'mesh')).stdout).toContain(
      'note: spec.suspend of mesh is kept by kustomize-controller, which may put it back; say it there as well\n',
    )
  })
})

describe('plumb resume', () => {
  it('leaves nothing of the suspension behind, and waits for the pass', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await suspend(place, 'mesh', '--reason', 'maintenance')
    playPass(place, 'mesh', aStatus(FIRST))
    expect(await resume(place, 'mesh')).toEqual({
      exitCode: 0,
      stdout: 'mesh is taken up again\nmesh: commit 1111111 is enforced\n',
      stderr: '',
    })
    expect(await stored(place, 'mesh')).toEqual({ suspend: undefined, reason: undefined })
  })

  it('resumes all at once, and ends with the worst', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'base', aStatus(FIRST), { suspend: true })
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await aFollowedRepository(place, 'payments', aStatus(FIRST), { suspend: true })
    const conditions = [aCondition({ status: 'False', reason: 'ApplyFailed', message: 'refused' })]
    playPass(place, 'base', aStatus(FIRST, { conditions }))
    playPass(place, 'payments', aStatus(FIRST))
    const { exitCode, stdout } = await resume(place, '--all')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('base: ApplyFailed: refused\n')
    expect(stdout).toContain('payments: commit 1111111 is enforced\n')
    expect(stdout).not.toContain('mesh')
  })

  it('does nothing to one that is not suspended', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    expect(await resume(place, 'mesh')).toMatchObject({
      ...{ exitCode: 0, stdout: 'mesh is not suspended\n' },
    })
  })
})
