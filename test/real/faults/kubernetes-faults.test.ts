/** F9, F10 and F40 on a real API server: kinds that come late, admission that says no or nothing, and an orderly end under load. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GitRepository } from '../../support/git-repository.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { KubeControlPlane } from '../kube/kube-control-plane.ts'
import { kubeTrouble } from '../kube/kube-trouble.ts'
import { type LogLine, RunProcess } from '../kube/run-process.ts'
import { aMuteWebhook, aRefusal, BLOCKED } from './admission-objects.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** A kind that is back is looked for every half a minute. */
const LIMIT_MS = 90_000
const CRDS = join(import.meta.dirname, '../../../deploy/kubernetes/crds.yaml')
const SPLITS = 'trafficsplits.split.smi-spec.io'
const WAITS = 'commit waits'

const SPLIT_FILE = {
  'split.yaml': `
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: late, namespace: bookstore }
spec: { service: bookstore, backends: [{ service: bookstore-v1, weight: 1 }] }
`,
}

const trouble = await kubeTrouble()
let kube: KubeControlPlane
let repository: GitRepository
let run: RunProcess
/** Takes every connection, and never says a word. */
let mute: Server
let httpPort = 0

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)
const portOf = (server: Server) => (server.address() as AddressInfo).port

async function commit(
  files: Parameters<GitRepository['commit']>[0],
  outcome: string,
): Promise<LogLine> {
  const since = run.lines.length
  repository.commit(files)
  repository.publish()
  run.pass()
  return await run.said(outcome, since)
}

async function grants(): Promise<readonly string[]> {
  const names = await kubectl('get', 'tt', '-n', 'bookstore', '-o', 'name')
  return names.split('\n').map((name) => name.replace(/^.*\//, ''))
}

/** Resolves when the API server obeys, which takes it a moment. */
async function keepOut(admission: object): Promise<void> {
  await kube.kubectl(['apply', '-f', '-'], JSON.stringify(admission))
  await expect.poll(tryBlocked, { timeout: 30_000 }).toBe(1)
}

/** The same: what is deleted is obeyed for a moment longer. */
async function letIn(admission: object): Promise<void> {
  await kube.kubectl(['delete', '-f', '-'], JSON.stringify(admission))
  await expect.poll(tryBlocked, { timeout: 30_000 }).toBe(0)
}

async function tryBlocked(): Promise<number> {
  return (await kube.tryKubectl(['apply', '--dry-run=server', '-f', '-'], BLOCKED)).status
}

function start(): void {
  const source = ['--repository', repository.bare, '--data', join(repository.root, 'data')]
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kube.kubeconfig]
  const http = ['--http-listen', `127.0.0.1:${httpPort}`]
  run = new RunProcess([...source, '--schedule', '@every 1h', ...cluster, ...http])
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  mute = createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  httpPort = portOf(probe)
  probe.close()
  repository = new GitRepository()
  repository.commit(BOOKSTORE_FILES)
  repository.publish()
  start()
  await run.said('commit applied')
}, BUILD_LIMIT_MS)

afterAll(async () => {
  await run?.kill()
  mute?.close()
  await kube?.stop()
  repository?.remove()
})

describe.skipIf(trouble)('a kind that the API server does not serve', () => {
  it(
    'keeps only its own objects waiting, and they are written without a restart once it is installed',
    async () => {
      await kubectl('delete', 'crd', SPLITS)
      const waits = await commit({ ...SPLIT_FILE, ...grantFile('early') }, WAITS)
      expect(waits['reason']).toContain('1 object cannot be written; TrafficSplit bookstore/late')
      expect(await grants()).toEqual(['bookbuyer', 'early'])

      const since = run.lines.length
      const definitions = (await readFile(CRDS, 'utf8')).split('\n---\n')
      const definition = definitions.find((text) => text.includes(`name: ${SPLITS}`))
      await kube.kubectl(['apply', '--server-side', '-f', '-'], definition)
      await run.said('commit applied', since)
      expect(await kubectl('get', 'trafficsplits', '-A', '-o', 'name')).toMatch(/\/late$/)
    },
    LIMIT_MS,
  )
})

describe.skipIf(trouble)('the admission of somebody else', () => {
  it(
    'that refuses an object is named in its own words, and keeps nothing else out',
    async () => {
      const refusal = aRefusal('no', 'not on a Friday')
      await keepOut(refusal)
      const waits = await commit({ ...grantFile('blocked'), ...grantFile('friday') }, WAITS)
      const reason = '1 object cannot be written; TrafficTarget bookstore/blocked'
      expect(waits['reason']).toContain(reason)
      expect(waits['reason']).toContain('not on a Friday')
      expect(await grants()).toEqual(['bookbuyer', 'early', 'friday'])
      await letIn(refusal)
      await commit({ 'grant-blocked.yaml': null, 'grant-friday.yaml': null }, 'commit applied')
    },
    LIMIT_MS,
  )

  it(
    'that never answers is named, keeps nothing else out, and prunes nothing',
    async () => {
      const webhook = aMuteWebhook('mute.example.com', portOf(mute), 1)
      await keepOut(webhook)
      const files = { ...grantFile('blocked'), ...grantFile('spoken'), 'grant-early.yaml': null }
      const waits = await commit(files, WAITS)
      expect(waits['reason']).toContain('failed calling webhook "mute.example.com"')
      expect(await grants()).toEqual(['bookbuyer', 'early', 'spoken'])
      await letIn(webhook)
      await commit({ 'grant-blocked.yaml': null }, 'commit applied')
      expect(await grants()).toEqual(['bookbuyer', 'spoken'])
    },
    LIMIT_MS,
  )
})

describe.skipIf(trouble)('SIGTERM', () => {
  const ready = async (): Promise<number> =>
    await fetch(`http://127.0.0.1:${httpPort}/readyz`).then(
      ({ status }) => status,
      () => 0,
    )
  const holder = async (): Promise<string> => {
    const path = 'jsonpath={.spec.holderIdentity}'
    return await kubectl('get', 'lease', 'plumbline-leader', '-n', 'plumbline-system', '-o', path)
  }
  /** Somebody who never stops editing; answers with what makes them stop. */
  function editing(): () => Promise<void> {
    let isOver = false
    const edit = async (): Promise<void> => {
      const object = ['tt', '-n', 'bookstore', 'bookbuyer']
      for (let i = 0; !isOver; i++)
        await kube.tryKubectl(['annotate', '--overwrite', ...object, `edit=${i}`])
    }
    const edited = edit()
    return async () => {
      isOver = true
      await edited
    }
  }

  it(
    'under load ends readiness first, gives the lead up, and ends with status 0',
    async () => {
      expect([await ready(), await holder()]).toEqual([200, expect.stringMatching(/./)])
      // A call that hangs for seconds: the end has to wait for it, and whoever asks meanwhile is told.
      const webhook = aMuteWebhook('slow.example.com', portOf(mute), 5)
      await keepOut(webhook)
      const stopEditing = editing()
      const many = Array.from({ length: 200 }, (_, i) => grantFile('bookbuyer', `load-${i}`))
      await commit(Object.assign(grantFile('blocked'), ...many), 'commit validated')

      const ended = run.stop()
      const isDraining = () => run.lines.some(({ msg }) => msg === 'draining')
      const seen: (readonly [isDraining: boolean, status: number])[] = []
      while (!run.isDead) seen.push([isDraining(), await ready()])
      expect(await ended).toBe(0)
      await stopEditing()
      // Nobody new is sent to it before it begins to let go of those it has.
      expect(seen).toContainEqual([false, 503])
      const first = seen.findIndex(([, status]) => status !== 200)
      expect(seen.slice(first).filter(([, status]) => status === 200)).toEqual([])
      expect(await holder()).toBe('')
      expect(run.lines.filter(({ level }) => level === 'error' || level === 'raw')).toEqual([])

      await letIn(webhook)
      start()
      await run.said('commit applied')
      expect((await grants()).filter((name) => /^load|blocked/.test(name))).toHaveLength(201)
    },
    LIMIT_MS,
  )
})
