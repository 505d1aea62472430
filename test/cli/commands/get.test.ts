/** What `plumb get` prints, and its exit codes. */
import { describe, expect, it } from 'vitest'
import { getCommand } from '../../../src/cli/commands/get.ts'
import { MESH_REPOSITORY } from '../../../src/reconciler/repositories/mesh-repository-kind.ts'
import {
  aCommandCluster,
  aFollowedRepository,
  type CommandCluster,
  runCommand,
  startCommand,
} from '../../support/command-cluster.ts'
import { until } from '../../support/kubernetes-world.ts'
import {
  aCondition,
  aMeshRepository,
  aStatus,
  CONTROL_NAMESPACE,
  FIRST,
  playStatus,
  SECOND,
} from '../../support/mesh-repositories.ts'

async function get({ data }: CommandCluster, ...args: readonly string[]) {
  return await runCommand(getCommand(), ...args, '--data', data)
}

const message = '2222222 has 1 problem, 1111111 stays served'
const REFUSED = aStatus(SECOND, {
  conditions: [aCondition({ status: 'False', reason: 'InvalidCommit', message })],
})

/** Without ages, which a machine decides. */
function ageless(text: string): string {
  return text.replaceAll(/\b\d+[smhd]\b/g, 'AGE').replaceAll(/ +$/gm, '')
}

describe('plumb get', () => {
  it('lists what there is, and ends with 0 when all are Ready', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const { exitCode, stdout, stderr } = await get(place)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(ageless(stdout)).toMatch(
      /^NAME {3}READY {3}COMMIT {4}ENFORCED {3}MESSAGE {22}AGE\nmesh {3}True {4}1111111 {3}4\/4 {8}commit 1111111 is enforced {3}AGE\n$/,
    )
  })

  it('ends with 1 when one is not Ready, and says why', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await aFollowedRepository(place, 'payments', REFUSED)
    await aFollowedRepository(place, 'new', undefined)
    const { exitCode, stdout } = await get(place)
    expect(exitCode).toBe(1)
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual([
      ...['NAME', 'mesh', 'new', 'payments', ''],
    ])
    expect(stdout).toContain(message)
    expect(stdout).toContain('no control plane has looked at it yet')
  })

  it('does not call Ready what is Ready by an earlier spec', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const ref = { ...aMeshRepository('mesh', { ref: 'release' }) }
    await place.cluster.update(ref, { fieldManager: 'kubectl' })
    expect((await get(place)).exitCode).toBe(1)
  })

  it('shows more in the wide table', async () => {
    const place = await aCommandCluster()
    const pin = { commit: FIRST, insteadOf: SECOND }
    await aFollowedRepository(place, 'mesh', aStatus(FIRST), { suspend: true, pin })
    const [head = '', row = ''] = (await get(place, '-o', 'wide')).stdout.split('\n')
    expect(head).toMatch(/AGE +URL +REF +SUSPENDED +PINNED +OBJECTS$/)
    expect(row).toMatch(/https:\/\/git\.example\.com\/mesh\.git +main +true +1111111 +7$/)
  })

  it('shows all of one that is named', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', REFUSED)
    const { exitCode, stdout } = await get(place, 'mesh')
    expect(exitCode).toBe(1)
    expect(stdout).toContain(`ready       False, InvalidCommit: ${message}`)
    expect((await get(place, 'mesh', '-o', 'table')).stdout).toMatch(/^NAME .*\nmesh .*\n$/)
  })

  it('prints data as kubectl does: a List of all, or the one object', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const list = JSON.parse((await get(place, '-o', 'json')).stdout)
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' })
    expect(list.items).toMatchObject([{ kind: 'MeshRepository', status: { commit: FIRST } }])
    expect(list.items[0].metadata).not.toHaveProperty('managedFields')
    const yaml = (await get(place, 'mesh', '-o', 'yaml')).stdout
    expect(yaml).toMatch(/^apiVersion: plumbline\.dev\/v1alpha1\nkind: MeshRepository\n/)
  })

  it('says that there is none, and is content', async () => {
    const place = await aCommandCluster()
    expect(await get(place)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'there is no MeshRepository in plumbline-system yet\n',
    })
    expect(JSON.parse((await get(place, '-o', 'json')).stdout).items).toEqual([])
  })

  it('does not know one that is not there, nor one of another namespace', async () => {
    const place = await aCommandCluster()
    const elsewhere = aMeshRepository()
    const metadata = { ...elsewhere.metadata, namespace: 'default' }
    await place.cluster.create({ ...elsewhere, metadata }, { fieldManager: 'kubectl' })
    await expect(get(place, 'mesh')).rejects.toThrow(
      'there is no MeshRepository "mesh" in plumbline-system; there is none',
    )
  })
})

/** Begins, and has printed something. */
async function watch({ data }: CommandCluster, ...args: readonly string[]) {
  const started = startCommand(getCommand(), ...args, '--watch', '--data', data)
  const { written, ended } = started
  await until(() => written.stdout !== '')
  const printedThen = written.stdout.length
  return {
    /** What is printed once that is there. */
    news: async (text: string) => {
      await until(() => written.stdout.slice(printedThen).includes(text))
      return written.stdout.slice(printedThen)
    },
    written,
    stop: async () => {
      process.emit('SIGINT')
      return await ended
    },
  }
}

const later = async (place: CommandCluster, name = 'mesh') =>
  await playStatus(place.cluster, name, () => aStatus(SECOND))

describe('plumb get --watch', () => {
  it('prints a row for each change, below the others, until Ctrl-C', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await aFollowedRepository(place, 'payments', aStatus(FIRST))
    const { news, stop } = await watch(place)
    await later(place)
    expect(ageless(await news('2222222 is enforced'))).toBe(
      'mesh       True    2222222   4/4        commit 2222222 is enforced   AGE\n',
    )
    expect((await stop()).exitCode).toBe(0)
  })

  it('tells of one what a pass does with it, and nothing of others', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    await aFollowedRepository(place, 'payments', aStatus(FIRST))
    const { news, stop } = await watch(place, 'mesh')
    await later(place, 'payments')
    await later(place)
    const lines = (await news('ready ')).replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '')
    expect(lines).toBe(
      `sourced    2222222bbbbb "subject of 222"
validated  2222222bbbbb
applied    2222222bbbbb, 7 objects
enforced   2222222bbbbb, 4 of 4 proxies have ACKed it
ready      True: commit 2222222 is enforced
`,
    )
    await stop()
  })

  it('prints an object for each change, for programs', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const { news, stop } = await watch(place, '-o', 'yaml')
    await later(place)
    expect(await news('summary')).toMatch(/^---\napiVersion: plumbline\.dev[\s\S]*2222222/)
    await stop()
  })

  it('says that one has been deleted', async () => {
    const place = await aCommandCluster()
    await aFollowedRepository(place, 'mesh', aStatus(FIRST))
    const { written, stop } = await watch(place)
    await place.cluster.delete({ ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name: 'mesh' })
    await until(() => written.stderr !== '')
    expect((await stop()).stderr).toBe('mesh has been deleted\n')
  })
})
