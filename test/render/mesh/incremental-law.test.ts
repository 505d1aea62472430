/** The law of incremental building: by whatever way a world was reached, its snapshot and its resources are what they are at once. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ViewRenderer } from '../../../src/render/envoy/view-renderer.ts'
import type { MeshSnapshot } from '../../../src/render/mesh/mesh-snapshot.ts'
import { anyWorld, type World } from '../../support/random-worlds.ts'
import { RenderedMesh } from '../../support/rendered-mesh.ts'

/** Everything a snapshot says and everything that is rendered of it; the ways by which it was reached are not part of it. */
function whole(mesh: RenderedMesh): unknown {
  const { snapshot } = mesh
  const views = [...snapshot.views.values()]
  const resources = new Map(views.map((view) => [view.key, mesh.resources(view)]))
  return { snapshot, resources }
}

const FACETS = ['mesh', 'namespaces', 'meshPolicies', 'grants', 'splits'] as const
const PARTS = ['services', 'pods', 'endpoints'] as const

/** `old`: the very same object; `new`: nothing of it; `merged`: a new map in which entries of the old one are the very same. */
type Choice = 'old' | 'new' | 'merged'

const anyStep = fc.record({
  world: anyWorld,
  choices: fc.array(fc.constantFrom<Choice>('old', 'old', 'new', 'merged'), {
    minLength: FACETS.length + PARTS.length,
    maxLength: FACETS.length + PARTS.length,
  }),
})

function choose<T>(choice: Choice | undefined, before: T, after: T): T {
  if (choice === 'old') return before
  if (choice !== 'merged' || !(before instanceof Map) || !(after instanceof Map)) return after
  const merged = [...after].map(([key, value]) => [key, before.get(key) ?? value] as const)
  return new Map(merged) as T
}

/** What a cluster and a repository do: most of the world is the same object as before. */
function step(
  before: World,
  { world, choices }: { world: World; choices: readonly Choice[] },
): World {
  const facet = (name: (typeof FACETS)[number], index: number): object => ({
    [name]: choose(choices[index], before.intent[name], world.intent[name]),
  })
  const part = (name: (typeof PARTS)[number], index: number): object => ({
    [name]: choose(choices[FACETS.length + index], before.inventory[name], world.inventory[name]),
  })
  return {
    intent: Object.assign({ ...world.intent }, ...FACETS.map(facet)),
    inventory: Object.assign({ ...world.inventory }, ...PARTS.map(part)),
  }
}

it('is the same whether it was reached step by step or at once', () => {
  const steps = fc.array(anyStep, { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(anyWorld, steps, (first, following) => {
      const renderer = new ViewRenderer()
      let world: World = first
      let previous: MeshSnapshot = new RenderedMesh(world, renderer).snapshot
      for (const change of following) {
        world = step(world, change)
        const stepwise = new RenderedMesh(world, renderer, previous)
        expect(whole(stepwise)).toEqual(whole(new RenderedMesh(world)))
        previous = stepwise.snapshot
      }
    }),
    { numRuns: 200 },
  )
}, 120_000)
