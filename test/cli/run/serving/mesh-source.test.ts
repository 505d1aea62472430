import { describe, expect, it } from 'vitest'
import { MeshSource, type MeshSourceOptions } from '../../../../src/cli/run/serving/mesh-source.ts'
import { anIntent } from '../../../support/intent-builders.ts'
import { anInventory } from '../../../support/inventory-builders.ts'
import { TRUST_DOMAIN } from '../../../support/rendered-mesh.ts'

const shop = anIntent({ commit: 'a', namespaces: ['shop'] })
const team = anIntent({ commit: 'b', namespaces: ['team'] })
const inventory = anInventory({})

function aMesh(isKnown: () => boolean = () => true) {
  const told: string[] = []
  let weightsMoved = (): void => undefined
  const mesh = new MeshSource({
    trustDomain: TRUST_DOMAIN,
    svids: {} as MeshSourceOptions['svids'],
    trustBundlePem: () => '',
    weights: {
      isKnown,
      in: (declared) => declared,
      onChange: (listener) => {
        weightsMoved = listener
      },
    },
    publish: ({ repository, commit }) => told.push(`${repository} ${commit[0]}`),
    republish: () => told.push('again'),
  })
  return { mesh, told: () => told.splice(0), weightsMoved: () => weightsMoved() }
}

describe('what proxies are told from', () => {
  it('is told when every repository has been heard of and the inventory is known, and not before', () => {
    const { mesh, told } = aMesh()
    expect(mesh.waitsFor).toBe('the repositories to follow are not known yet')
    mesh.setRepositories(new Set(['shop', 'team']))
    mesh.setInventory(inventory)
    mesh.setIntent('shop', shop)
    // Telling proxies now would take away what the other repository has them run.
    expect(told()).toEqual([])
    expect(mesh.waitsFor).toBe('the last accepted commit of team has not been read yet')
    mesh.setIntent('team', team)
    expect(told()).toEqual(['shop a', 'team b'])
    expect(mesh.waitsFor).toBeUndefined()
    expect([...mesh.served.keys()]).toEqual(['shop', 'team'])
  })

  it('waits for nothing where there is nothing to follow, and again once there is', () => {
    const { mesh, told } = aMesh()
    mesh.setRepositories(new Set())
    expect(mesh.waitsFor).toBeDefined()
    mesh.setInventory(inventory)
    expect(mesh.waitsFor).toBeUndefined()
    expect(told()).toEqual([])
    mesh.setRepositories(new Set(['shop']))
    expect(mesh.waitsFor).toBe('the last accepted commit of shop has not been read yet')
    mesh.setIntent('shop', shop)
    expect(told()).toEqual(['shop a'])
  })

  it('does not wait for a repository that has nothing to serve', () => {
    const { mesh, told } = aMesh()
    mesh.setRepositories(new Set(['shop', 'team']))
    mesh.setIntent('shop', shop)
    mesh.hasNothing('team')
    expect(told()).toEqual([])
    mesh.setInventory(inventory)
    expect(told()).toEqual(['shop a'])
  })

  it('does not wait for one that is not followed any more', () => {
    const { mesh, told } = aMesh()
    mesh.setRepositories(new Set(['shop', 'team']))
    mesh.setInventory(inventory)
    mesh.setIntent('shop', shop)
    mesh.setRepositories(new Set(['shop']))
    expect(told()).toEqual(['shop a'])
  })

  it('is told for one that comes later once its commit does, and goes on until then', () => {
    const { mesh, told } = aMesh()
    mesh.setRepositories(new Set(['shop']))
    mesh.setInventory(inventory)
    mesh.setIntent('shop', shop)
    mesh.setRepositories(new Set(['shop', 'team']))
    mesh.setInventory(anInventory({}))
    expect(told()).toEqual(['shop a', 'again'])
    mesh.setIntent('team', team)
    expect(told()).toEqual(['team b'])
    expect([...(mesh.mesh?.namespaces.keys() ?? [])].sort()).toEqual(['shop', 'team'])
  })

  it('is not told before weights that are handed over are known, and goes on without them once it was', () => {
    let isKnown = false
    const { mesh, told, weightsMoved } = aMesh(() => isKnown)
    mesh.setRepositories(new Set(['shop']))
    mesh.setInventory(inventory)
    mesh.setIntent('shop', shop)
    expect(told()).toEqual([])
    expect(mesh.waitsFor).toBe('the weights that controllers have set are not known yet')
    isKnown = true
    weightsMoved()
    expect(told()).toEqual(['shop a'])
    isKnown = false
    weightsMoved()
    expect(told()).toEqual(['again'])
  })

  it('loses what a repository had when it is followed no more', () => {
    const { mesh, told } = aMesh()
    mesh.setRepositories(new Set(['shop', 'team']))
    mesh.setInventory(inventory)
    mesh.setIntent('shop', shop)
    mesh.setIntent('team', team)
    told()
    mesh.setRepositories(new Set(['shop']))
    expect(told()).toEqual(['again'])
    expect([...(mesh.mesh?.namespaces.keys() ?? [])]).toEqual(['shop'])
  })

  it('loses nothing when the last repository is gone', () => {
    const { mesh, told } = aMesh()
    mesh.setRepositories(new Set(['shop']))
    mesh.setInventory(inventory)
    mesh.setIntent('shop', shop)
    told()
    mesh.setRepositories(new Set())
    expect(told()).toEqual([])
    expect(mesh.isSynced).toBe(true)
    expect([...(mesh.mesh?.namespaces.keys() ?? [])]).toEqual(['shop'])
  })
})
