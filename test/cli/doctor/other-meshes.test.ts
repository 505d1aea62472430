import { describe, expect, it } from 'vitest'
import { judgeOtherMeshes, type OtherMeshFacts } from '../../../src/cli/doctor/other-meshes.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { withOwnerMark } from '../../../src/reconciler/owner-mark.ts'

const NOTHING: OtherMeshFacts = { namespaces: [], webhooks: [], deployments: [] }
const ENROLLED = { 'openservicemesh.io/monitored-by': 'osm' }

function anObject(kind: string, name: string, labels = {}): KubernetesObject {
  return { apiVersion: 'v1', kind, metadata: { name, labels } }
}

describe('what is left of another mesh', () => {
  it('is nothing, mostly', () => {
    const namespaces = [anObject('Namespace', 'default')]
    const webhooks = [anObject('MutatingWebhookConfiguration', 'cert-manager-webhook')]
    const deployments = [anObject('Deployment', 'bookstore')]
    expect(judgeOtherMeshes({ namespaces, webhooks, deployments })).toMatchObject([
      { status: 'ok' },
    ])
  })

  it('is a namespace that is enrolled, and by no commit', () => {
    const ours = withOwnerMark(anObject('Namespace', 'bookstore', ENROLLED), 'mesh')
    const theirs = anObject('Namespace', 'legacy', { 'openservicemesh.io/monitored-by': 'old' })
    const checks = judgeOtherMeshes({ ...NOTHING, namespaces: [ours, theirs] })
    expect(checks).toMatchObject([
      {
        status: 'warn',
        found: 'the namespace legacy is labelled for the mesh old, and no commit enrolls it',
      },
    ])
  })

  it('is a webhook, which still acts', () => {
    const webhooks = [
      anObject('MutatingWebhookConfiguration', 'osm-webhook-osm'),
      anObject('ValidatingWebhookConfiguration', 'osm-validator-mesh-osm'),
      anObject('MutatingWebhookConfiguration', 'renamed', {
        'app.kubernetes.io/name': 'openservicemesh.io',
      }),
    ]
    const checks = judgeOtherMeshes({ ...NOTHING, webhooks })
    expect(checks.map(({ status }) => status)).toEqual(['fail', 'fail', 'fail'])
    expect(checks[0]?.fix).toBe('kubectl delete mutatingwebhookconfiguration osm-webhook-osm')
  })

  it('is its controller', () => {
    const deployments = [anObject('Deployment', 'osm-controller')]
    expect(judgeOtherMeshes({ ...NOTHING, deployments })).toMatchObject([{ status: 'warn' }])
  })
})
