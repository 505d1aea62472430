import { describe, expect, it } from 'vitest'
import {
  matchesGlob,
  matchesKind,
  parseKindPattern,
} from '../../../src/policy/files/kind-pattern.ts'
import {
  allowsKind,
  allowsNamespace,
  DEFAULT_SETTINGS,
} from '../../../src/policy/files/repository-settings.ts'

describe('a kind pattern', () => {
  it.each([
    ['Service', '', 'Service', true],
    ['Service', 'serving.knative.dev', 'Service', true],
    ['core/Service', 'serving.knative.dev', 'Service', false],
    ['core/Service', '', 'Service', true],
    ['apps/*', 'apps', 'Deployment', true],
    ['apps/*', 'apps.openshift.io', 'Deployment', false],
    ['*.istio.io/*', 'networking.istio.io', 'Gateway', true],
    ['*.istio.io/*', 'istio.io', 'Gateway', false],
    ['*/*', '', 'ConfigMap', true],
    ['service', '', 'Service', false],
  ])('%s over %s/%s is %s', (pattern, group, kind, expected) => {
    const parsed = parseKindPattern(pattern)
    expect(parsed && matchesKind(parsed, { group, kind })).toBe(expected)
  })

  it.each(['', 'a/b/c', 'apps/', 'Ser vice', '***', 'a*b*c*d/*'])('is not %j', (text) => {
    expect(parseKindPattern(text)).toBeUndefined()
  })
})

it.each([
  ['team-*', 'team-a', true],
  ['team-*', 'team-', true],
  ['team-*', 'a-team-b', false],
  ['*mesh*', 'my-mesh-1', true],
  ['a*a', 'a', false],
  ['ab*bc', 'abc', false],
  ['a*b*c', 'abc', true],
  ['a*bb*c', 'abc', false],
])('the glob %s over %s is %s', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected)
})

describe('settings', () => {
  it('allow any kind and namespace unless they name some', () => {
    expect(allowsKind(DEFAULT_SETTINGS, { group: 'apps', kind: 'Deployment' })).toBe(true)
    expect(allowsNamespace(DEFAULT_SETTINGS, 'shop')).toBe(true)
  })

  it('allow only what they name', () => {
    const settings = {
      ...DEFAULT_SETTINGS,
      kinds: [{ group: 'apps', kind: '*' }],
      namespaces: ['shop', 'team-*'],
    }
    expect(allowsKind(settings, { group: 'apps', kind: 'Deployment' })).toBe(true)
    expect(allowsKind(settings, { group: '', kind: 'Secret' })).toBe(false)
    expect(['shop', 'team-a', 'other'].filter((name) => allowsNamespace(settings, name))).toEqual([
      'shop',
      'team-a',
    ])
  })
})
