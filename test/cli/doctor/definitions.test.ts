import { describe, expect, it } from 'vitest'
import { judgeDefinitions } from '../../../src/cli/doctor/definitions.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { customResourceDefinitions } from '../../../src/render/kubernetes/crds/custom-resource-definitions.ts'

const expected = customResourceDefinitions()
const SPLITS = 'trafficsplits.split.smi-spec.io'

type Change = (definition: KubernetesObject) => KubernetesObject | undefined

/** As the API server has them, but for the one of splits. */
function judge(change: Change = (definition) => definition) {
  const live = expected.flatMap((definition) => {
    const { name } = definition.metadata
    const found = name === SPLITS ? change(definition) : definition
    return found === undefined ? [] : [[name, found] as const]
  })
  return judgeDefinitions(expected, new Map(live))
}

const withoutMark: Change = (definition) => ({
  ...definition,
  metadata: { ...definition.metadata, labels: {} },
})

interface Spec {
  readonly versions: readonly { readonly name: string }[]
}

function withVersions(
  definition: KubernetesObject,
  map: (versions: Spec['versions']) => Spec['versions'],
): KubernetesObject {
  const spec = definition['spec'] as Spec
  return { ...definition, spec: { ...spec, versions: map(spec.versions) } }
}

/** An older SMI release: v1alpha4 is not there yet. */
const older: Change = (definition) =>
  withVersions(definition, (versions) => versions.filter(({ name }) => name !== 'v1alpha4'))

describe('the definitions', () => {
  it('are well when all are ours and as we write them', () => {
    expect(judge()).toEqual([
      { name: 'definitions', status: 'ok', found: expect.stringContaining('all') as string },
    ])
  })

  it('are well where the API server leaves out what is empty', () => {
    const stored = JSON.parse(
      JSON.stringify(expected, (_, value: unknown) =>
        Array.isArray(value) && value.length === 0 ? undefined : value,
      ),
    ) as KubernetesObject[]
    const live = new Map(stored.map((definition) => [definition.metadata.name, definition]))
    expect(judgeDefinitions(expected, live)).toMatchObject([{ status: 'ok' }])
  })

  it('say once that none is there', () => {
    expect(judgeDefinitions(expected, new Map())).toMatchObject([
      { status: 'fail', fix: 'plumb install' },
    ])
  })

  it('name one that is missing', () => {
    const [check, ...more] = judge(() => undefined)
    expect(check).toMatchObject({ status: 'fail', found: `${SPLITS} is not defined` })
    expect(more).toEqual([])
  })

  it('are well by somebody else, as long as the version that is applied is served', () => {
    expect(judge(withoutMark)).toMatchObject([
      { status: 'ok', found: expect.stringContaining('1 of them by somebody else') as string },
    ])
  })

  it('fail by somebody else without the version that is applied, and say which are served', () => {
    const [check] = judge((definition) => withoutMark(older(definition) ?? definition))
    expect(check).toMatchObject({ status: 'fail' })
    expect(check?.found).toContain(
      'served at v1alpha3, v1alpha2, v1alpha1, by a definition of some',
    )
    expect(check?.expected).toContain('v1alpha4')
  })

  it('do not count a version that is there and not served', () => {
    const [check] = judge((definition) =>
      withVersions(definition, (versions) =>
        versions.map((version) => ({ ...version, served: version.name !== 'v1alpha4' })),
      ),
    )
    expect(check).toMatchObject({ status: 'fail', fix: 'plumb install' })
    expect(check?.found).not.toContain('v1alpha4')
  })

  it('warn where ours are of another version of plumb', () => {
    const [check] = judge((definition) =>
      withVersions(definition, (versions) =>
        versions.map((version) => ({ ...version, schema: { openAPIV3Schema: {} } })),
      ),
    )
    expect(check).toMatchObject({
      status: 'warn',
      found: expect.stringContaining(SPLITS) as string,
    })
  })
})
