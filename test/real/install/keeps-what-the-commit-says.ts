/** What an installed control plane is for, with the rights it has: whatever others do, the cluster says what the commit says. */
import { expect } from 'vitest'
import { BOOKSTORE_FILES } from '../../support/policy-yaml.ts'
import { POLL } from './enforces-as-installed.ts'
import { IN_CONTROL, type InstallWorld } from './install-world.ts'

const BUYER = ['tt', '-n', 'bookstore', 'bookbuyer'] as const
const THIEF = [{ kind: 'ServiceAccount', name: 'bookthief', namespace: 'bookthief' }]

/** Expects a MeshRepository `mesh` that is followed over HTTP. */
export async function keepsWhatTheCommitSays(world: InstallWorld): Promise<void> {
  const { run } = await world.runAsInstalled()
  const sources = async () =>
    await world.kubectl('get', ...BUYER, '-o', 'jsonpath={.spec.sources[*].name}').catch(() => '')
  const status = async (path: string) =>
    await world.kubectl('get', 'mrepo', 'mesh', ...IN_CONTROL, '-o', `jsonpath={${path}}`)
  try {
    await run.said('commit enforced')
    const edit = JSON.stringify({ spec: { sources: THIEF } })
    await world.kubectl(
      'patch',
      ...BUYER,
      '--type=merge',
      '--field-manager=kubectl-edit',
      '-p',
      edit,
    )
    await expect.poll(sources, POLL).toBe('bookbuyer')
    await expect
      .poll(async () => await status('.status.drift.last[0].managers'), POLL)
      .toContain('kubectl-edit')
    await world.kubectl('delete', ...BUYER)
    await expect.poll(sources, POLL).toBe('bookbuyer')

    const before = await world.policies()
    world.commit(Object.fromEntries(Object.keys(BOOKSTORE_FILES).map((file) => [file, null])))
    run.pass()
    const why = async () => await status('.status.conditions[?(@.type=="Stalled")].message')
    await expect.poll(why, POLL).not.toBe('')
    expect(await why()).toMatch(/no documents|no policy|no objects|nothing/i)
    expect(await world.policies()).toEqual(before)
    world.commit(BOOKSTORE_FILES)
    run.pass()
    await expect.poll(why, POLL).toBe('')
  } finally {
    expect(await run.stop()).toBe(0)
  }
}
