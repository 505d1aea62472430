/** `plumb rollback`: what it says before, what it writes, and how it ends. */
import { describe, expect, it } from 'vitest'
import { rollbackCommand } from '../../../src/cli/commands/rollback.ts'
import { MESH_REPOSITORY } from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
import {
  aCommandCluster,
  aFollowedRepository,
  type CommandCluster,
  playPass,
  runCommand,
} from '../../support/command-cluster.ts'
import {
  anEntry,
  aStatus,
  CONTROL_NAMESPACE,
  FIRST,
  SECOND,
} from '../../support/mesh-repositories.ts'

const STATUS = aStatus(SECOND, { history: [anEntry(SECOND), anEntry(FIRST)] })
const PIN = { commit: FIRST, insteadOf: SECOND }

async function rollback({ data }: CommandCluster, ...args: readonly string[]) {
  return await runCommand(rollbackCommand(), ...args, '--data', data)
}

async function aPlace(spec: Readonly<Record<string, unknown>> = {}): Promise<CommandCluster> {
  const place = await aCommandCluster()
  await aFollowedRepository(place, 'mesh', STATUS, spec)
  return place
}

async function pinOf({ cluster }: CommandCluster): Promise<unknown> {
  const id = { ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name: 'mesh' }
  const spec = (await cluster.get(id))?.['spec'] as Readonly<Record<string, unknown>> | undefined
  return spec?.['pin']
}

/** What the control plane says once it has taken the pin up. */
function pinned(state: 'Holds' | 'Over') {
  const over = state === 'Over' ? ({ overBecause: 'NewCommit' } as const) : {}
  return aStatus(FIRST, { sourced: STATUS.sourced, pin: { ...PIN, state, ...over } })
}

describe('plumb rollback', () => {
  it('says what it means, pins, and waits until the older commit is enforced', async () => {
    const place = await aPlace()
    playPass(place, 'mesh', pinned('Holds'))
    const { exitCode, stdout } = await rollback(place, 'mesh', '--yes', '--reason', 'error rate')
    expect(exitCode).toBe(0)
    expect(stdout.replaceAll(/\d+[dh]\d*h? ago/g, 'AGO ago')).toBe(
      `roll mesh back
  from  2222222bbbbb  subject of 222  (enforced AGO ago)
  to    1111111aaaaa  subject of 111  (enforced AGO ago)
  pinned until the next commit on main
  the repository is not changed: revert 2222222bbbbb there, or the next commit brings it back
mesh: commit 1111111 is enforced
`,
    )
    expect(await pinOf(place)).toEqual({ ...PIN, reason: 'error rate' })
  })

  it('sets an expiry, and names it', async () => {
    const place = await aPlace()
    const { stdout } = await rollback(place, 'mesh', '-y', '--no-wait', '--for', '2h')
    const { expiresAt } = (await pinOf(place)) as { readonly expiresAt: string }
    expect(stdout).toContain(`pinned until the next commit on main, or until ${expiresAt} (120m)\n`)
    expect(stdout).toMatch(/\nmesh is pinned; follow it with plumb get mesh\n$/)
    const leftMs = Date.parse(expiresAt) - Date.now()
    expect(leftMs).toBeGreaterThan(7_000_000)
    expect(leftMs).toBeLessThanOrEqual(7_200_000)
  })

  it('changes nothing with --dry-run, nor where nobody can be asked', async () => {
    const place = await aPlace()
    expect(await rollback(place, 'mesh', '--dry-run')).toMatchObject({ exitCode: 0 })
    await expect(rollback(place, 'mesh')).rejects.toThrow(
      'there is no terminal on which to ask "roll mesh back?"; say --yes',
    )
    expect(await pinOf(place)).toBeUndefined()
  })

  it('ends with 1 where the ref has moved on meanwhile, so that the pin is over', async () => {
    const place = await aPlace()
    playPass(place, 'mesh', pinned('Over'))
    const { exitCode, stdout } = await rollback(place, 'mesh', '--yes')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('mesh: the pin is over: main names 2222222bbbbb by now')
  })

  it('does not wait for a repository that is suspended, and says when it takes effect', async () => {
    const place = await aPlace({ suspend: true })
    const { exitCode, stdout } = await rollback(place, 'mesh', '--yes')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('note: mesh is suspended: the pin takes effect with plumb resume mesh')
    expect(await pinOf(place)).toEqual(PIN)
  })

  it('warns of a commit that was never enforced, and of a pin that gives way', async () => {
    const place = await aCommandCluster()
    const { enforcedAt: _, ...stalled } = anEntry(FIRST, { state: 'stalled' })
    const status = { ...STATUS, history: [anEntry(SECOND), stalled] }
    await aFollowedRepository(place, 'mesh', status, { pin: { ...PIN, commit: SECOND } })
    const { stdout } = await rollback(place, 'mesh', FIRST, '--dry-run')
    expect(stdout).toContain('note: 1111111aaaaa was never enforced (stalled)\n')
    expect(stdout).toContain('note: 2222222bbbbb is pinned already, and gives way\n')
  })

  it('says when proxies have the older commit already, because the newest has stopped', async () => {
    const place = await aCommandCluster()
    const { enforced } = aStatus(FIRST)
    await aFollowedRepository(place, 'mesh', { ...STATUS, enforced })
    const { stdout } = await rollback(place, 'mesh', '--dry-run')
    expect(stdout).toContain('note: 1111111aaaaa is what proxies have already\n')
  })

  it('refuses what it cannot roll back to', async () => {
    const place = await aPlace()
    await expect(rollback(place, 'mesh', 'abcdef', '--yes')).rejects.toThrow(
      '"abcdef" begins no commit in the history of mesh',
    )
    expect(await pinOf(place)).toBeUndefined()
  })
})

describe('plumb rollback --cancel', () => {
  it('takes the pin away, and waits until the tip is enforced', async () => {
    const place = await aPlace({ pin: PIN })
    playPass(place, 'mesh', STATUS)
    expect(await rollback(place, 'mesh', '--cancel', '--yes')).toEqual({
      exitCode: 0,
      stdout: `take the pin of mesh away
  from  1111111aaaaa
  to    what main names: 2222222bbbbb
mesh: commit 2222222 is enforced
`,
      stderr: '',
    })
    expect(await pinOf(place)).toBeUndefined()
  })

  it('is content where there is no pin', async () => {
    const place = await aPlace()
    expect(await rollback(place, 'mesh', '--cancel')).toMatchObject({
      ...{ exitCode: 0, stdout: 'mesh is not pinned\n' },
    })
  })

  it('refuses a commit beside it', async () => {
    const place = await aPlace({ pin: PIN })
    await expect(rollback(place, 'mesh', FIRST, '--cancel')).rejects.toThrow('leave them out')
    expect(await pinOf(place)).toEqual(PIN)
  })
})
