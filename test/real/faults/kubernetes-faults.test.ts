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

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)
const create = async (object: object) =>
  await kube.kubectl(['apply', '-f', '-'], JSON.stringify(object))
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

function start(): void {
  const source = ['--repository', repository.bare, '--data', join(repository.root, 'data')]
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kube.kubeconfig]
  const http = ['--http-listen', `127.0.0.1:${HTTP_PORT}`]
  run = new RunProcess([...source, '--schedule', '@every 1h', ...cluster, ...http])
}

let HTTP_PORT = 0

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  mute = createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  HTTP_PORT = portOf(probe)
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
  const rules = {
    apiGroups: ['access.smi-spec.io'],
    apiVersions: ['*'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['traffictargets'],
  }
  const matchConditions = [{ name: 'blocked', expression: "object.metadata.name == 'blocked'" }]

  it(
    'that refuses an object is named in its own words, and keeps nothing else out',
    async () => {
      await create({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'no' },
        spec: {
          failurePolicy: 'Fail',
          matchConstraints: { resourceRules: [rules] },
          matchConditions,
          validations: [{ expression: 'false', message: 'not on a Friday' }],
        },
      })
      await create({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'no' },
        spec: { policyName: 'no', validationActions: ['Deny'] },
      })
      // The API server takes a moment to obey a new policy.
      await expect
        .poll(
          async () =>
            (await kube.tryKubectl(['apply', '--dry-run=server', '-f', '-'], BLOCKED)).status,
          { timeout: 20_000 },
        )
        .toBe(1)
      const waits = await commit({ ...grantFile('blocked'), ...grantFile('friday') }, WAITS)
      expect(waits['reason']).toContain(
        '1 object cannot be written; TrafficTarget bookstore/blocked',
      )
      expect(waits['reason']).toContain('not on a Friday')
      expect(await grants()).toEqual(['bookbuyer', 'early', 'friday'])
      await kubectl('delete', 'validatingadmissionpolicybinding', 'no')
      await kubectl('delete', 'validatingadmissionpolicy', 'no')
      await commit({ 'grant-blocked.yaml': null, 'grant-friday.yaml': null }, 'commit applied')
    },
    LIMIT_MS,
  )

  it(
    'that never answers is named, keeps nothing else out, and prunes nothing',
    async () => {
      await create({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'mute.example.com' },
        webhooks: [
          {
            ...{ name: 'mute.example.com', rules: [rules], matchConditions, failurePolicy: 'Fail' },
            clientConfig: { url: `https://127.0.0.1:${portOf(mute)}/validate` },
            ...{ sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds: 1 },
          },
        ],
      })
      await expect
        .poll(
          async () =>
            (await kube.tryKubectl(['apply', '--dry-run=server', '-f', '-'], BLOCKED)).status,
          { timeout: 20_000 },
        )
        .toBe(1)
      const files = { ...grantFile('blocked'), ...grantFile('spoken'), 'grant-early.yaml': null }
      const waits = await commit(files, WAITS)
      expect(waits['reason']).toContain('failed calling webhook "mute.example.com"')
      expect(await grants()).toEqual(['bookbuyer', 'early', 'spoken'])
      await kubectl('delete', 'validatingwebhookconfiguration', 'mute.example.com')
      await commit({ 'grant-blocked.yaml': null }, 'commit applied')
      expect(await grants()).toEqual(['bookbuyer', 'spoken'])
    },
    LIMIT_MS,
  )

  const BLOCKED = JSON.stringify({
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: { name: 'blocked', namespace: 'bookstore' },
    spec: {
      destination: { kind: 'ServiceAccount', name: 'bookstore', namespace: 'bookstore' },
      sources: [{ kind: 'ServiceAccount', name: 'bookbuyer', namespace: 'bookstore' }],
    },
  })
})

describe.skipIf(trouble)('SIGTERM', () => {
  const ready = async (): Promise<number> =>
    await fetch(`http://127.0.0.1:${HTTP_PORT}/readyz`).then(
      ({ status }) => status,
      () => 0,
    )
  const holder = async () =>
    await kubectl(
      'get',
      'lease',
      'plumbline-leader',
      '-n',
      'plumbline-system',
      '-o',
      'jsonpath={.spec.holderIdentity}',
    )

  it(
    'under load ends readiness first, gives the lead up, and ends with status 0',
    async () => {
      expect([await ready(), await holder()]).toEqual([200, expect.stringMatching(/./)])
      const edits = new AbortController()
      const load = (async () => {
        for (let i = 0; !edits.signal.aborted; i++)
          await kube.tryKubectl([
            'annotate',
            '--overwrite',
            'tt',
            '-n',
            'bookstore',
            'bookbuyer',
            'spoken',
            `edit=${i}`,
          ])
      })()
      repository.commit(
        Object.assign(
          {},
          ...Array.from({ length: 200 }, (_, i) => grantFile('bookbuyer', `load-${i}`)),
        ),
      )
      repository.publish()
      const since = run.lines.length
      run.pass()
      await run.said('commit validated', since)

      const ended = run.stop()
      const isDraining = () => run.lines.some(({ msg }) => msg === 'draining')
      const seen: (readonly [isDraining: boolean, status: number])[] = []
      while (!run.isDead) seen.push([isDraining(), await ready()])
      expect(await ended).toBe(0)
      edits.abort()
      await load
      // Nobody is sent to it any more when it begins to let go of those it has.
      expect(seen.filter(([draining, status]) => draining && status === 200)).toEqual([])
      const first = seen.findIndex(([, status]) => status !== 200)
      expect(seen.slice(first).filter(([, status]) => status === 200)).toEqual([])
      expect(await holder()).toBe('')
      expect(run.lines.filter(({ level }) => level === 'error' || level === 'raw')).toEqual([])

      start()
      await run.said('commit applied')
      expect((await grants()).length).toBe(202)
    },
    LIMIT_MS,
  )
})
