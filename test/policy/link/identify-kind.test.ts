/** Which kind a document is of, and the mends for one that is of none (D31, D36). */
import { describe, expect, it } from 'vitest'
import { compile } from '../../support/policy-files.ts'

function problemOf(apiVersion: unknown, kind: unknown) {
  const document = { apiVersion, kind, metadata: { name: 'a', namespace: 'shop' } }
  const { problems } = compile([JSON.stringify(document)])
  return problems.map(({ code, path, fix }) => ({ code, path, fix }))
}

describe('a group that only looks right (D36)', () => {
  it.each([
    ['split.smi.spec.io/v1alpha2', 'TrafficSplit', 'split.smi-spec.io/v1alpha4'],
    ['linkerd.io/v1alpha2', 'TrafficSplit', 'split.smi-spec.io/v1alpha4'],
    ['v1alpha4', 'TrafficSplit', 'split.smi-spec.io/v1alpha4'],
    ['v1alpha3', 'TrafficTarget', 'access.smi-spec.io/v1alpha3'],
    ['specs.smi-spec.io/v1alpha4', 'TrafficTarget', 'access.smi-spec.io/v1alpha3'],
    ['spec.smi-spec.io/v1alpha4', 'HTTPRouteGroup', 'specs.smi-spec.io/v1alpha4'],
    ['smi-spec.io/v1alpha4', 'TCPRoute', 'specs.smi-spec.io/v1alpha4'],
    ['policy.openservicemesh.io/v1alpha1', 'MeshConfig', 'config.openservicemesh.io/v1alpha2'],
    ['plumbline.io/v1alpha1', 'MeshPolicy', 'plumbline.dev/v1alpha1'],
  ])('%s %s is told to be in %s', (apiVersion, kind, right) => {
    expect(problemOf(apiVersion, kind)).toEqual([
      { code: 'PLB0302', path: 'apiVersion', fix: `write apiVersion: ${right}` },
    ])
  })

  it.each([
    ['gateway.networking.k8s.io/v1alpha2', 'TCPRoute'],
    ['telemetry.istio.io/v1alpha1', 'Telemetry'],
    ['crd.antrea.io/v1alpha2', 'Egress'],
  ])('%s %s is a kind of somebody else', (apiVersion, kind) => {
    expect(problemOf(apiVersion, kind)).toMatchObject([{ code: 'PLB0301', path: 'kind' }])
  })
})

describe('a document', () => {
  it('of an unknown kind is told the three mends', () => {
    expect(problemOf('specs.smi-spec.io/v1alpha4', 'HTTPRouteGruop')).toEqual([
      {
        code: 'PLB0301',
        path: 'kind',
        fix: 'list the file in .plumbignore, or specs.smi-spec.io/HTTPRouteGruop under ignoreKinds in .plumbline.yaml; if HTTPRouteGroup of specs.smi-spec.io/v1alpha4 is meant, write that',
      },
    ])
  })

  it('that would have the mesh follow another repository is told where that is said', () => {
    expect(problemOf('plumbline.dev/v1alpha1', 'MeshRepository')).toEqual([
      {
        code: 'PLB0301',
        path: 'kind',
        fix: 'apply it to the cluster with kubectl, and list the file in .plumbignore, or plumbline.dev/MeshRepository under ignoreKinds in .plumbline.yaml',
      },
    ])
  })

  it('of a kind that is nowhere near is told two', () => {
    expect(problemOf('apps/v1', 'Deployment')[0]?.fix).toBe(
      'list the file in .plumbignore, or apps/Deployment under ignoreKinds in .plumbline.yaml',
    )
  })

  it.each(['v1', 'v1beta1', 'V1ALPHA4'])(
    'of the unknown version %s is told those there are',
    (version) => {
      expect(problemOf(`split.smi-spec.io/${version}`, 'TrafficSplit')).toEqual([
        {
          code: 'PLB0303',
          path: 'apiVersion',
          fix: 'write apiVersion: split.smi-spec.io/v1alpha4',
        },
      ])
    },
  )

  it.each(['IdentityBinding', 'TrafficTarget'])(
    'of the draft access v1alpha4 is refused (D31): %s',
    (kind) => {
      expect(problemOf('access.smi-spec.io/v1alpha4', kind)).toMatchObject([{ code: 'PLB0304' }])
    },
  )

  it.each([
    [undefined, 'TrafficSplit', 'PLB0311', 'apiVersion'],
    [7, 'TrafficSplit', 'PLB0312', 'apiVersion'],
    ['', 'TrafficSplit', 'PLB0312', 'apiVersion'],
    ['v1', undefined, 'PLB0311', 'kind'],
    ['v1', ['Namespace'], 'PLB0312', 'kind'],
  ])('with apiVersion %j and kind %j cannot be told', (apiVersion, kind, code, path) => {
    expect(problemOf(apiVersion, kind)).toMatchObject([{ code, path }])
  })
})

describe('the bounds of a repository', () => {
  const SPLIT = JSON.stringify({
    apiVersion: 'split.smi-spec.io/v1alpha4',
    kind: 'TrafficSplit',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { service: 'web', backends: [{ service: 'web-v1', weight: 1 }] },
  })

  it.each([
    ['kinds: [TrafficTarget]', ['PLB0305']],
    ['kinds: [split.smi-spec.io/*]', []],
    ['namespaces: [web]', ['PLB0306']],
    ['namespaces: [sh*]', []],
    ['{kinds: [TrafficTarget], namespaces: [web]}', ['PLB0305', 'PLB0306']],
  ])('%s', (settings, codes) => {
    const { problems } = compile({ 'a.yaml': SPLIT, '.plumbline.yaml': `${settings}\n` })
    const errors = problems.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ code }) => code)).toEqual(codes)
  })

  it('hold for Namespaces by their own name', () => {
    const namespace = '{apiVersion: v1, kind: Namespace, metadata: {name: far}}'
    const { problems } = compile({ 'a.yaml': namespace, '.plumbline.yaml': 'namespaces: [shop]\n' })
    expect(problems).toMatchObject([{ code: 'PLB0306', path: 'metadata.name' }])
  })
})
