/** What a Namespace says about its part in the mesh. */
import { describe, expect, it } from 'vitest'
import { compile, compileValid } from '../../support/policy-files.ts'
import { aNamespace } from './documents.ts'

function enrollmentOf(document: string) {
  return compileValid([document]).namespaces.get('shop')
}

function codesOf(document: string): readonly string[] {
  return compile([document]).problems.map(({ code }) => code)
}

describe('a Namespace', () => {
  it('with the label of a mesh is enrolled in it', () => {
    expect(enrollmentOf(aNamespace('shop'))).toMatchObject({
      name: 'shop',
      enrolled: true,
      meshName: 'plumbline',
      sidecarInjection: 'unset',
      metrics: false,
    })
  })

  it('without it is known, and not enrolled', () => {
    const plain = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop' },
    })
    expect(enrollmentOf(plain)).toMatchObject({ enrolled: false })
    expect(enrollmentOf(plain)).not.toHaveProperty('meshName')
    expect(codesOf(plain)).toEqual([])
  })

  it.each(['true', 'false', ''])(
    'with the label ignore: %j is not enrolled, whatever its value',
    (value) => {
      const document = aNamespace('shop', { 'openservicemesh.io/ignore': value })
      expect(enrollmentOf(document)?.enrolled).toBe(false)
      expect(codesOf(document)).toEqual(['PLB0541'])
    },
  )

  it.each([
    ['enabled', 'enabled'],
    ['Yes', 'enabled'],
    ['TRUE', 'enabled'],
    ['disabled', 'disabled'],
    ['no', 'disabled'],
    ['False', 'disabled'],
  ])('with sidecar-injection %s has it %s', (value, injection) => {
    const document = aNamespace('shop', {}, { 'openservicemesh.io/sidecar-injection': value })
    expect(enrollmentOf(document)?.sidecarInjection).toBe(injection)
  })

  it('with metrics enabled has its new pods scraped', () => {
    const document = aNamespace('shop', {}, { 'openservicemesh.io/metrics': 'enabled' })
    expect(enrollmentOf(document)?.metrics).toBe(true)
  })

  it.each(['on', '', 'enable', '1'])('with sidecar-injection %j is refused', (value) => {
    const document = aNamespace('shop', {}, { 'openservicemesh.io/sidecar-injection': value })
    expect(codesOf(document)).toEqual(['PLB0540'])
  })

  it.each([
    [
      'a label that is an annotation',
      { 'openservicemesh.io/sidecar-injection': 'enabled' },
      {},
      'move it to metadata.annotations',
    ],
    [
      'an annotation that is a label',
      {},
      { 'openservicemesh.io/monitored-by': 'plumbline' },
      'move it to metadata.labels',
    ],
    [
      'a misspelt label',
      { 'openservicemesh.io/monitored-bye': 'plumbline' },
      {},
      'write openservicemesh.io/monitored-by',
    ],
    [
      'a misspelt annotation',
      {},
      { 'openservicemesh.io/side-car-injection': 'yes' },
      'write openservicemesh.io/sidecar-injection',
    ],
    [
      'an empty mesh name',
      { 'openservicemesh.io/monitored-by': '' },
      {},
      'write openservicemesh.io/monitored-by: plumbline',
    ],
  ])('with %s is refused, with the mend', (_, labels, annotations, fix) => {
    expect(compile([aNamespace('shop', labels, annotations)]).problems).toMatchObject([
      { code: 'PLB0540', fix },
    ])
  })

  it('is applied with its enrollment only; other labels warn (D32)', () => {
    const document = aNamespace(
      'shop',
      { team: 'retail', 'kubernetes.io/metadata.name': 'shop' },
      { owner: 'me', 'openservicemesh.io/metrics': 'enabled' },
    )
    expect(codesOf(document)).toEqual(['PLB0542', 'PLB0542'])
    expect(compileValid([document]).objects.map(({ object }) => object)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: 'shop',
          labels: { 'openservicemesh.io/monitored-by': 'plumbline' },
          annotations: { 'openservicemesh.io/metrics': 'enabled' },
        },
      },
    ])
  })

  it('has a name without dots', () => {
    expect(codesOf(aNamespace('a.b'))).toEqual(['PLB0320'])
  })
})
