/** `plumb run` from git over HTTP to a real kube-apiserver: kubectl sees what the commit says, and sees it again whatever it does about it. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts'
import { GitRepository } from '../support/git-repository.ts'
import { BOOKSTORE_FILES, grantFile } from '../support/policy-yaml.ts'
import { CONTROLLER_ACCOUNT, CONTROLLER_CONTEXT, giveRights } from './kube/give-rights.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'
import { type LogLine, RunProcess } from './kube/run-process.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** An API server is back after four seconds, or after twenty on a busy machine. */
const RESTART_LIMIT_MS = 60_000
const REFUSED = 'commit refused; the last good commit keeps serving'
const WAITS = 'commit waits'

const trouble = await kubeTrouble()
let kube: KubeControlPlane
let repository: GitRepository
let git: GitHttpServer
let run: RunProcess

function startRun(): RunProcess {
  const data = join(repository.root, 'data')
  const url = `${git.origin}/policy.git`
  const source = ['--repository', url, '--data', data, '--schedule', '@every 60s']
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kube.kubeconfig]
  return new RunProcess([...source, ...cluster, '--context', CONTROLLER_CONTEXT])
}

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)

async function sourcesOf(name: string): Promise<string> {
  const path = 'jsonpath={.spec.sources[*].name}'
  return await kubectl('get', 'tt', '-n', 'bookstore', name, '-o', path)
}

async function grants(): Promise<readonly string[]> {
  const names = await kubectl('get', 'tt', '-n', 'bookstore', '-o', 'name')
  return names.split('\n').map((name) => name.replace(/^.*\//, ''))
}

/** Asked about TrafficTargets named `blocked`, and never there to answer. */
function aDeadWebhook(name: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name,
        clientConfig: { url: 'https://127.0.0.1:9/validate' },
        rules: [
          {
            apiGroups: ['access.smi-spec.io'],
            apiVersions: ['*'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['traffictargets'],
          },
        ],
        matchConditions: [{ name: 'blocked', expression: "object.metadata.name == 'blocked'" }],
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 1,
      },
    ],
  }
}

/** Commits, asks for a pass, and waits for the log to say what comes of it. */
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

async function drifted(act: () => Promise<unknown>): Promise<LogLine> {
  const since = run.lines.length
  await act()
  return await run.said('drift', since)
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  await giveRights(kube)
  repository = new GitRepository()
  repository.commit({ ...BOOKSTORE_FILES, ...grantFile('reader') })
  repository.publish()
  git = await startGitHttpServer({ root: repository.root })
  run = startRun()
  await run.said('commit applied')
}, BUILD_LIMIT_MS)

afterAll(async () => {
  await run?.stop()
  await kube?.stop()
  await git?.close()
  repository?.remove()
})

describe.skipIf(trouble)('plumb run on Kubernetes', () => {
  it('puts a commit into the cluster, in a namespace that it makes and enrolls', async () => {
    expect(await grants()).toEqual(['bookbuyer', 'reader'])
    expect(await sourcesOf('bookbuyer')).toBe('bookbuyer')
    expect(
      await kubectl('get', 'namespace', 'bookstore', '-o', 'jsonpath={.metadata.labels}'),
    ).toContain('"openservicemesh.io/monitored-by":"osm"')
    expect(run.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('needs no more rights than we ship, and none to look through Secrets', async () => {
    const account = `system:serviceaccount:plumbline-system:${CONTROLLER_ACCOUNT}`
    const { stdout } = await kube.tryKubectl([
      'auth',
      'can-i',
      'list',
      'secrets',
      '-A',
      `--as=${account}`,
    ])
    expect(stdout.trim()).toBe('no')
    expect(await run.stop()).toBe(0)
    run = startRun()
    await run.said('plan ready')
    expect(run.lines.filter(({ level }) => level !== 'info')).toEqual([])
  })

  it('puts an edit back, and says who made it and what of', async () => {
    const thief = [{ kind: 'ServiceAccount', name: 'bookthief', namespace: 'bookthief' }]
    const patch = JSON.stringify({ spec: { sources: thief } })
    const edit = ['patch', 'tt', '-n', 'bookstore', 'bookbuyer', '--type=merge', '-p', patch]
    const drift = await drifted(() => kubectl(...edit))
    expect(drift).toMatchObject({
      object: 'TrafficTarget bookstore/bookbuyer',
      location: { file: 'grant-bookbuyer.yaml' },
      managers: ['kubectl-patch'],
      fields: ['.spec.sources'],
      action: 'restored',
    })
    expect(await sourcesOf('bookbuyer')).toBe('bookbuyer')
  })

  it('makes again what somebody deletes', async () => {
    const drift = await drifted(() => kubectl('delete', 'tt', '-n', 'bookstore', 'bookbuyer'))
    expect(drift).toMatchObject({
      object: 'TrafficTarget bookstore/bookbuyer',
      action: 'recreated',
    })
    expect(await sourcesOf('bookbuyer')).toBe('bookbuyer')
  })

  it('enrolls a namespace again, and leaves the labels of others on it', async () => {
    await kubectl('label', 'namespace', 'bookstore', 'team=books')
    const un = ['label', 'namespace', 'bookstore', 'openservicemesh.io/monitored-by-']
    expect(await drifted(() => kubectl(...un))).toMatchObject({ action: 'restored' })
    const labels = await kubectl(
      'get',
      'namespace',
      'bookstore',
      '-o',
      'jsonpath={.metadata.labels}',
    )
    expect(JSON.parse(labels)).toMatchObject({
      'openservicemesh.io/monitored-by': 'osm',
      team: 'books',
    })
  })

  it(
    'goes on by itself after the API server was killed, and puts back what happened meanwhile',
    async () => {
      await kube.restartApiServer()
      const drift = await drifted(() => kubectl('delete', 'tt', '-n', 'bookstore', 'bookbuyer'))
      expect(drift).toMatchObject({
        object: 'TrafficTarget bookstore/bookbuyer',
        action: 'recreated',
      })
      expect(await sourcesOf('bookbuyer')).toBe('bookbuyer')
    },
    RESTART_LIMIT_MS,
  )

  it('says which object a webhook of somebody else keeps out, and writes the others', async () => {
    const webhook = 'admission.example.com'
    await kube.kubectl(['apply', '-f', '-'], JSON.stringify(aDeadWebhook(webhook)))
    const files = { ...grantFile('first'), ...grantFile('blocked') }
    const waits = await commit(files, WAITS)
    expect(waits['reason']).toContain('1 object cannot be written; TrafficTarget bookstore/blocked')
    expect(waits['reason']).toContain(`failed calling webhook "${webhook}"`)
    expect(await grants()).toEqual(['bookbuyer', 'first', 'reader'])
    await kubectl('delete', 'validatingwebhookconfiguration', webhook)
    await commit({ 'grant-blocked.yaml': null, 'grant-first.yaml': null }, 'commit applied')
    expect(await grants()).toEqual(['bookbuyer', 'reader'])
  })

  it('prunes what a commit takes away, and only what is its own', async () => {
    const theirs = { apiVersion: 'access.smi-spec.io/v1alpha3', kind: 'TrafficTarget' }
    const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: 'bookstore' })
    const manual = {
      ...theirs,
      metadata: { name: 'manual', namespace: 'bookstore' },
      spec: { destination: account('bookstore'), sources: [account('somebody')] },
    }
    await kube.kubectl(['apply', '-f', '-'], JSON.stringify(manual))
    await commit({ 'grant-reader.yaml': null }, 'commit applied')
    expect(await grants()).toEqual(['bookbuyer', 'manual'])
  })

  it('changes nothing for a commit that is wrong', async () => {
    const wrong = await commit({ ...grantFile('reader'), 'x.yaml': 'kind: TrafficTarget' }, REFUSED)
    expect(wrong.level).toBe('error')
    expect(await grants()).toEqual(['bookbuyer', 'manual'])
    await commit({ 'x.yaml': null }, 'commit applied')
    expect(await grants()).toEqual(['bookbuyer', 'manual', 'reader'])
  })

  it('writes nothing for a commit that changes nothing, nor after a restart', async () => {
    const versions = () => kubectl('get', 'tt,htr', '-A', '-o', 'jsonpath={..resourceVersion}')
    const before = await versions()
    await commit({ 'README.md': 'words' }, 'commit applied')
    expect(await run.stop()).toBe(0)
    run = startRun()
    await run.said('plan ready')
    const { create, configure, prune } = await run.said('plan ready')
    expect([create, configure, prune]).toEqual([0, 0, 0])
    expect(await versions()).toBe(before)
  })

  it('takes nothing away when the repository is emptied, and says why', async () => {
    const files = [...Object.keys(BOOKSTORE_FILES), 'grant-reader.yaml', 'README.md']
    const waits = await commit(Object.fromEntries(files.map((name) => [name, null])), WAITS)
    expect(waits['reason']).toContain('the commit has no objects, and all 4')
    expect(await grants()).toEqual(['bookbuyer', 'manual', 'reader'])
  })
})
