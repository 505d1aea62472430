import { describe, expect, it } from 'vitest'
import type { ViewResources } from '../../src/render/envoy/envoy-resource.ts'
import { View } from '../../src/xds/view.ts'
import { aResource, aView } from './support/builders.ts'

const good = {
  cluster: { old: '1' },
  endpoint: { old: '1' },
  listener: { in: '1' },
  route: { r: 'old' },
  secret: { roots: 'A' },
}
const next = {
  cluster: { new: '1' },
  endpoint: { new: '1' },
  listener: { in: '2' },
  route: { r: 'new' },
  secret: { roots: 'B' },
}
const newRoute = aResource('route', 'r', 'new')

function proven(): View {
  const view = new View('v', aView(good))
  view.prove(view.told)
  return view
}

function contentOf(resources: ViewResources) {
  return Object.fromEntries(
    Object.entries(resources).map(([type, map]) => [
      type,
      [...map.values()].map(({ bytes }) => Buffer.from(bytes).toString()).sort(),
    ]),
  )
}

describe('a view', () => {
  it('tells what is published, as the same object', () => {
    const resources = aView(good)
    expect(new View('v', resources).told).toBe(resources)
  })

  it('falls back to what was proven for a version that is held, and keeps the clusters it may need', () => {
    const view = proven()
    view.publish(aView(next))
    expect(view.hold(newRoute)).toBe(true)
    expect(contentOf(view.told)).toEqual({
      cluster: ['new=1', 'old=1'],
      endpoint: ['new=1', 'old=1'],
      listener: ['in=2'],
      route: ['r=old'],
      secret: ['roots=B'],
    })
  })

  it('goes on telling endpoints as they move while a route is held', () => {
    const view = proven()
    view.publish(aView(next))
    view.hold(newRoute)
    view.publish(aView({ ...next, endpoint: { new: '2' } }))
    expect(contentOf(view.told)).toMatchObject({ endpoint: ['new=2', 'old=1'], route: ['r=old'] })
  })

  it('tells a held version after all when some proxy accepts it', () => {
    const view = proven()
    const resources = aView(next)
    view.publish(resources)
    view.hold(newRoute)
    expect(view.release([newRoute])).toBe(true)
    expect(view.told).toBe(resources)
  })

  it('lets a name go that was changed since it was rejected', () => {
    const view = proven()
    view.publish(aView(next))
    view.hold(newRoute)
    view.publish(aView({ ...next, route: { r: 'newer' } }))
    expect(view.isHolding).toBe(false)
    expect(contentOf(view.told)).toMatchObject({ route: ['r=newer'], cluster: ['new=1'] })
  })

  it('holds nothing where nothing earlier was proven: there is nothing better to tell', () => {
    const view = new View('v', aView(next))
    expect(view.hold(newRoute)).toBe(false)
    expect(contentOf(view.told)).toMatchObject({ route: ['r=new'] })
  })

  it('does not hold what was proven, however many reject it', () => {
    const view = proven()
    expect(view.hold(aResource('route', 'r', 'old'))).toBe(false)
  })

  it('does not hold a version that is no longer published', () => {
    const view = proven()
    view.publish(aView({ ...next, route: { r: 'newer' } }))
    expect(view.hold(newRoute)).toBe(false)
  })

  it('holds a version once: the second proxy to reject it changes nothing', () => {
    const view = proven()
    view.publish(aView(next))
    view.hold(newRoute)
    expect(view.hold(newRoute)).toBe(false)
  })

  it('does not take what it tells while holding for what was published', () => {
    const view = proven()
    view.publish(aView(next))
    view.hold(newRoute)
    view.prove(view.told)
    view.publish(aView({ ...next, route: { r: 'worse' } }))
    view.hold(aResource('route', 'r', 'worse'))
    expect(contentOf(view.told)).toMatchObject({ route: ['r=old'] })
  })
})
