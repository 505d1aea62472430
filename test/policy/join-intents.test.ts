import { describe, expect, it } from 'vitest'
import { joinIntents } from '../../src/policy/join-intents.ts'
import { aLocation, anIntent } from '../support/intent-builders.ts'

const shop = anIntent({
  namespaces: ['shop'],
  grants: [{ to: 'shop/web', from: ['team/client'], http: [{}] }],
})
const team = anIntent({
  namespaces: ['team'],
  splits: [{ root: 'team/api', backends: { 'api-v1': 1 } }],
})

describe('the Intents of several repositories', () => {
  it('are what each says, together', () => {
    const mesh = joinIntents([shop, team])
    expect([...mesh.namespaces.keys()]).toEqual(['team', 'shop'])
    expect(mesh.grants).toBe(shop.grants)
    expect(mesh.splits).toBe(team.splits)
  })

  it('are the same object where there is one', () => {
    expect(joinIntents([shop])).toBe(shop)
  })

  it('are an empty, closed mesh where there is none', () => {
    const mesh = joinIntents([])
    expect(mesh.namespaces.size).toBe(0)
    expect(mesh.mesh.permissive).toBe(false)
  })

  it('take the settings of the mesh from the one that has a MeshConfig', () => {
    const open = anIntent({ mesh: { permissive: true, location: aLocation('mesh.yaml') } })
    expect(joinIntents([shop, open, team]).mesh).toBe(open.mesh)
    expect(joinIntents([shop, team]).mesh.permissive).toBe(false)
  })

  it('leave the first its object where two have the same', () => {
    const other = anIntent({ grants: [{ to: 'shop/web', from: ['evil/client'] }] })
    const [key = '' as never] = shop.grants.keys()
    expect(joinIntents([shop, other]).grants.get(key)).toBe(shop.grants.get(key))
    expect(joinIntents([other, shop]).grants.get(key)).toBe(other.grants.get(key))
  })
})
