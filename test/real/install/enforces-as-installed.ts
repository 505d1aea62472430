/** That an installed control plane does its work with the rights of its installation. */
import { expect } from 'vitest'
import { IN_CONTROL, type InstallWorld } from './install-world.ts'

/** For what a process that starts is asked. */
export const POLL = { timeout: 60_000, interval: 100 }

/** Follows the repository until its commit is enforced, and is told of no right that it lacks. */
export async function enforcesAsInstalled(world: InstallWorld): Promise<void> {
  const { run, http } = await world.runAsInstalled()
  try {
    // Rejects with its last lines when it ends before.
    await run.said('control plane ready')
    await world.kubectl(
      ...['wait', 'meshrepository/mesh', ...IN_CONTROL],
      ...['--for=condition=Ready', '--timeout=60s'],
    )
    expect((await fetch(`${http}/healthz`)).status).toBe(200)
    await expect.poll(async () => (await fetch(`${http}/readyz`)).status, POLL).toBe(200)
    expect(JSON.stringify(run.lines)).not.toMatch(/forbidden/i)
    expect(run.lines.filter(({ level }) => level === 'error')).toEqual([])
  } catch (error) {
    await run.stop()
    throw new Error(JSON.stringify(run.lines.slice(-10), null, 2), { cause: error })
  }
  expect(await run.stop()).toBe(0)
}
