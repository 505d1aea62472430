/** The chart as a real Helm reads it: by default it renders what the kustomize base says, object for object. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/cli/commands/run.ts'
import { type ProgramResult, tryProgram } from '../../../src/lab/run-program.ts'
import { byCodeUnit } from '../../../src/model/by-code-unit.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { kubePrograms } from '../kube/kube-programs.ts'
import { helmProgram } from './helm-program.ts'
import { helmTrouble } from './helm-trouble.ts'

const DEPLOY = join(import.meta.dirname, '../../../deploy')
const CHART = join(DEPLOY, 'chart/plumbline')
/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** What Helm puts on every object of a release. */
const HELMS_OWN = ['app.kubernetes.io/instance', 'app.kubernetes.io/managed-by', 'helm.sh/chart']

const trouble = await helmTrouble()
let program: string
let kubectl: readonly string[]
let home: string

async function helm(...args: readonly string[]): Promise<ProgramResult> {
  const environment = { ...process.env, HOME: home, KUBECONFIG: join(home, 'none') }
  return await tryProgram([program, ...args], { environment })
}

/** Renders with values written as a file, since a user's come from one. */
async function tryRender(values: object = {}): Promise<ProgramResult> {
  const file = join(home, 'values.json')
  await writeFile(file, JSON.stringify(values))
  return await helm('template', 'mesh', CHART, '-n', 'plumbline-system', '-f', file)
}

async function render(values: object = {}): Promise<readonly KubernetesObject[]> {
  const { status, stdout, stderr } = await tryRender(values)
  if (status !== 0) throw new Error(stderr)
  return parse(stdout)
}

function parse(text: string): readonly KubernetesObject[] {
  return (loadAll(text) as (KubernetesObject | null)[]).filter((object) => object !== null)
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}

/** Without what is Helm's, and in an order of ours. */
function comparable(objects: readonly KubernetesObject[]): readonly unknown[] {
  return objects
    .toSorted((a, b) => byCodeUnit(nameOf(a), nameOf(b)))
    .map((object) => {
      const isDefinition = object.kind === 'CustomResourceDefinition'
      const labels = Object.entries(object.metadata.labels ?? {}).filter(
        ([label]) => isDefinition || !HELMS_OWN.includes(label),
      )
      return { ...object, metadata: { ...object.metadata, labels: Object.fromEntries(labels) } }
    })
}

/** What the tests look into. */
interface Rendered {
  readonly metadata: KubernetesObject['metadata']
  readonly rules: readonly object[]
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly volumes: readonly { readonly name: string }[]
        readonly containers: readonly [{ readonly image: string; readonly args: readonly string[] }]
      }
    }
    readonly ports: readonly { readonly name: string }[]
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly endpoints: readonly [{ readonly port: string }]
  }
}

async function find(values: object, kind: string, name = 'plumbline-controller') {
  const found = (await render(values)).find(
    (object) => object.kind === kind && object.metadata.name === name,
  )
  return found as (KubernetesObject & Rendered) | undefined
}

beforeAll(async () => {
  if (trouble !== undefined) return
  program = await helmProgram((line) => console.log(line))
  kubectl = (await kubePrograms((line) => console.log(line))).kubectl
  home = await mkdtemp(join(tmpdir(), 'plumbline-helm-'))
}, BUILD_LIMIT_MS)

afterAll(async () => {
  if (home !== undefined) await rm(home, { recursive: true, force: true })
})

describe.skipIf(trouble)('the chart', () => {
  it('passes helm lint without a word', async () => {
    const { status, stdout } = await helm('lint', '--strict', '-n', 'plumbline-system', CHART)
    expect(stdout).not.toMatch(/\[(WARNING|ERROR)\]/)
    expect(status).toBe(0)
  })

  it('renders by default what the kustomize base says', async () => {
    const base = await tryProgram([...kubectl, 'kustomize', join(DEPLOY, 'kubernetes')])
    const { stdout } = await helm(
      ...['template', 'mesh', CHART, '-n', 'plumbline-system', '--include-crds'],
    )
    // Helm stores the release in the namespace before it renders, so that the namespace is for --create-namespace to make.
    const ofBase = parse(base.stdout).filter(({ kind }) => kind !== 'Namespace')
    expect(ofBase.length).toBeGreaterThan(15)
    expect(comparable(parse(stdout))).toEqual(comparable(ofBase))
  })

  it('refuses a namespace whose MeshRepositories nobody would obey', async () => {
    const { status, stderr } = await helm('template', 'mesh', CHART, '-n', 'elsewhere')
    expect(status).toBe(1)
    expect(stderr).toContain('use --namespace plumbline-system --create-namespace')
  })

  it('refuses a value that it does not have, and one of the wrong shape', async () => {
    const misspelt = await tryRender({ replica: 3 })
    expect(misspelt.status).toBe(1)
    expect(misspelt.stderr).toContain("'replica' not allowed")
    expect((await tryRender({ replicas: 0 })).stderr).toContain('minimum')
    expect((await tryRender({ repositories: [{ name: 'mesh', spec: {} }] })).stderr).toContain(
      "missing property 'url'",
    )
  })

  it('renders the repositories to follow, and keeps them when the release goes', async () => {
    const spec = { url: 'https://git.example.com/mesh.git', ref: 'main' }
    const values = { repositories: [{ name: 'mesh', spec }] }
    const mesh = await find(values, 'MeshRepository', 'mesh')
    expect(mesh).toMatchObject({
      apiVersion: 'plumbline.dev/v1alpha1',
      metadata: {
        namespace: 'plumbline-system',
        annotations: { 'helm.sh/resource-policy': 'keep' },
      },
      spec,
    })
  })

  it('allows the impersonation of the accounts that are named, and of no other', async () => {
    const kinds = (await render()).filter(({ kind }) => kind === 'Role')
    expect(JSON.stringify(kinds)).not.toContain('impersonate')
    const role = await find(
      { impersonation: { serviceAccounts: ['team-a', 'team-b'] } },
      'Role',
      'plumbline-impersonation',
    )
    expect(role?.rules).toEqual([
      {
        apiGroups: [''],
        resources: ['serviceaccounts'],
        verbs: ['impersonate'],
        resourceNames: ['team-a', 'team-b'],
      },
    ])
  })

  it('takes an image by digest before a tag, and a tag before its own version', async () => {
    const imageOf = async (image: object) =>
      (await find({ image }, 'Deployment'))?.spec.template.spec.containers[0].image
    const digest = `sha256:${'0'.repeat(64)}`
    expect(await imageOf({ repository: 'mirror/plumbline' })).toBe('mirror/plumbline:0.1.0')
    expect(await imageOf({ tag: 'next' })).toBe('plumbline:next')
    expect(await imageOf({ tag: 'next', digest })).toBe(`plumbline@${digest}`)
  })

  it('leaves out the budget that would hold up every drain of a single replica', async () => {
    expect(await find({ replicas: 1 }, 'PodDisruptionBudget')).toBeUndefined()
    expect(await find({ replicas: 3 }, 'PodDisruptionBudget')).toBeDefined()
  })

  it('gives no right over definitions where an administrator keeps them', async () => {
    const role = await find({ rbac: { definitions: false } }, 'ClusterRole')
    expect(JSON.stringify(role?.rules)).not.toContain('customresourcedefinitions')
  })

  it('places pods where the values say', async () => {
    const placement = {
      nodeSelector: { pool: 'system' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      priorityClassName: 'system-cluster-critical',
      affinity: {},
      topologySpreadConstraints: [],
      imagePullSecrets: [{ name: 'registry' }],
    }
    const spec = (await find(placement, 'Deployment'))?.spec.template.spec
    const { affinity, topologySpreadConstraints, ...kept } = placement
    expect(spec).toMatchObject(kept)
    expect(spec).not.toHaveProperty('affinity')
    expect(spec).not.toHaveProperty('topologySpreadConstraints')
  })

  it('mounts what the values add, beside what it needs', async () => {
    const values = {
      extraVolumes: [{ name: 'git-ca', configMap: { name: 'git-ca' } }],
      extraVolumeMounts: [{ name: 'git-ca', mountPath: '/etc/git' }],
      extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/git/ca.crt' }],
    }
    const spec = (await find(values, 'Deployment'))?.spec.template.spec
    expect(spec?.volumes.map(({ name }) => name)).toEqual(['data', 'tmp', 'git-ca'])
    expect(spec?.containers[0]).toMatchObject({ env: values.extraEnv })
    expect(JSON.stringify(spec?.containers[0])).toContain('"mountPath":"/etc/git"')
  })

  it('passes its settings on as flags that plumb run has', async () => {
    const values = { trustDomain: 'mesh.example.com', logLevel: 'debug' }
    const deployment = await find(values, 'Deployment')
    const [command, ...flags] = deployment?.spec.template.spec.containers[0].args ?? []
    expect(command).toBe('run')
    expect(flags).toContain('--trust-domain=mesh.example.com')
    const known = runCommand().options.map(({ long }) => long)
    expect(known).toEqual(expect.arrayContaining(flags.map((flag) => flag.replace(/=.*/, ''))))
  })

  it('makes a ServiceMonitor that scrapes the port of the Service', async () => {
    const monitor = await find({ serviceMonitor: { enabled: true } }, 'ServiceMonitor')
    const service = await find({}, 'Service')
    const ports = service?.spec.ports.map(({ name }) => name)
    expect(ports).toContain(monitor?.spec.endpoints[0].port)
    expect(service?.metadata.labels).toMatchObject(monitor?.spec.selector.matchLabels ?? {})
  })
})
