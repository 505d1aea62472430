/** D7: a Service in every form that is in use. */
import { describe, expect, it } from 'vitest'
import { parseServiceReference } from '../../../../src/policy/kinds/fields/service-reference.ts'

describe('a service', () => {
  it.each([
    ['web', 'own', 'web'],
    ['web:8080', 'own', 'web'],
    ['web.shop', 'shop', 'web'],
    ['web.shop:80', 'shop', 'web'],
    ['web.shop.svc', 'shop', 'web'],
    ['web.shop.svc.cluster', 'shop', 'web'],
    ['web.shop.svc.cluster.local', 'shop', 'web'],
    ['web.shop.svc.cluster.local.', 'shop', 'web'],
    ['web.shop.svc.cluster.local:65535', 'shop', 'web'],
  ])('written %s is in %s', (text, namespace, name) => {
    expect(parseServiceReference(text, 'own')).toEqual({ ok: true, value: { namespace, name } })
  })

  it.each([
    '',
    '.shop',
    'web..svc',
    'Web',
    'web_1',
    'web.shop.svc.cluster.example',
    'web.shop.pod',
    'web.shop.svc.cluster.local.more',
    'web:',
    'web:0',
    'web:65536',
    'web:http',
    'http://web',
    'web/path',
    'a'.repeat(64),
  ])('is never written %j', (text) => {
    const parsed = parseServiceReference(text, 'own')
    expect(parsed).toMatchObject({ ok: false, error: { code: 'PLB0522' } })
  })
})
