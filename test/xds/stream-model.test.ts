/** Laws of the machine, over every interleaving that fast-check finds of a server, a model Envoy and two slow wires. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RESOURCE_TYPES, type ViewResources } from '../../src/render/envoy/envoy-resource.ts'
import type { Response } from '../../src/xds/discovery-response.ts'
import { openStream, provenSequence, type StreamInput } from '../../src/xds/stream-state.ts'
import { step } from '../../src/xds/stream-step.ts'
import { aView } from './support/builders.ts'
import { ModelEnvoy } from './support/model-envoy.ts'

interface MeshContent {
  readonly clusters: Readonly<Record<string, string>>
  readonly endpoints: Readonly<Record<string, string>>
  /** By route name: which of the clusters it goes to, by their position. */
  readonly routes: Readonly<Record<string, { version: string; picks: readonly number[] }>>
  readonly listenerVersion: string
}

const NAMES = ['a', 'b', 'c', 'd']

/** A view in which every name that is referred to exists, and nothing else does. */
function viewOf(mesh: MeshContent): ViewResources {
  const clusters = Object.keys(mesh.clusters).sort()
  const routes = Object.entries(mesh.routes)
  const targets = (picks: readonly number[]) =>
    clusters.length === 0
      ? ''
      : picks.map((pick) => ` ${clusters[pick % clusters.length]}`).join('')
  return aView({
    cluster: mesh.clusters,
    endpoint: Object.fromEntries(clusters.map((name) => [name, mesh.endpoints[name] ?? '1'])),
    route: Object.fromEntries(
      routes.map(([name, { version, picks }]) => [name, `${version}${targets(picks)}`]),
    ),
    listener: Object.fromEntries(
      routes.map(([name]) => [`listener-${name}`, `${mesh.listenerVersion} ${name}`]),
    ),
  })
}

function meshes(version: fc.Arbitrary<string>): fc.Arbitrary<ViewResources> {
  const someOf = <T>(names: readonly string[], content: fc.Arbitrary<T>) =>
    fc.dictionary(fc.constantFrom(...names), content, {
      maxKeys: names.length,
      noNullPrototype: true,
    })
  return fc
    .record({
      clusters: someOf(NAMES, version),
      endpoints: someOf(NAMES, version),
      routes: someOf(
        ['r', 's'],
        fc.record({ version, picks: fc.array(fc.nat(3), { maxLength: 3 }) }),
      ),
      listenerVersion: version,
    })
    .map(viewOf)
}

type Command =
  | { readonly type: 'publish'; readonly view: ViewResources }
  | { readonly type: 'toClient' }
  | { readonly type: 'toServer' }
  | { readonly type: 'settle' }
  | { readonly type: 'reconnect' }
  | { readonly type: 'wait'; readonly ms: number }

const good = fc.constantFrom('1', '2', '3')
const goodOrBad = fc.oneof(
  { weight: 4, arbitrary: good },
  { weight: 1, arbitrary: fc.constant('bad') },
)

function commands(views: fc.Arbitrary<ViewResources>, ...others: readonly Command[]) {
  return fc.array(
    fc.oneof(
      { weight: 2, arbitrary: views.map((view): Command => ({ type: 'publish', view })) },
      {
        weight: 5,
        arbitrary: fc.constantFrom<Command>({ type: 'toClient' }, { type: 'toServer' }),
      },
      { weight: 1, arbitrary: fc.constant<Command>({ type: 'settle' }) },
      ...(others.length === 0 ? [] : [{ weight: 1, arbitrary: fc.constantFrom(...others) }]),
    ),
    { maxLength: 60 },
  )
}

class World {
  readonly client: ModelEnvoy
  state = openStream('0')
  readonly tooMany: string[] = []
  #toClient: Response[] = []
  #now = 0
  #streams = 0
  #sequence = 1
  #view: ViewResources

  constructor(view: ViewResources, options: { readonly namesCulprits: boolean }) {
    this.#view = view
    this.client = new ModelEnvoy(options)
    this.#reconnect()
  }

  run(command: Command): void {
    switch (command.type) {
      case 'publish':
        this.#view = command.view
        this.#sequence += 1
        this.#give({ type: 'target', resources: this.#view, sequence: this.#sequence })
        break
      case 'toServer': {
        const sent = this.client.outbox.shift()
        if (sent !== undefined) this.#give({ type: 'request', ...sent })
        break
      }
      case 'toClient': {
        const response = this.#toClient.shift()
        if (response !== undefined) this.client.receive(response)
        break
      }
      case 'settle':
        this.settle()
        break
      case 'wait':
        this.#now += command.ms
        this.#give({ type: 'tick' })
        break
      case 'reconnect':
        this.#reconnect()
        break
    }
  }

  /** Lets every message arrive. Ends only if the two sides stop talking. */
  settle(): void {
    for (let turn = 0; this.#toClient.length + this.client.outbox.length > 0; turn++) {
      if (turn > 2_000) throw new Error('the two sides never stop talking')
      this.run({ type: 'toClient' })
      this.run({ type: 'toServer' })
    }
  }

  get isProven(): boolean {
    return provenSequence(this.state) === this.#sequence
  }

  /** What the client runs beside what is published. */
  get runs(): unknown {
    return RESOURCE_TYPES.map((type) => [...this.client.resources[type]].sort())
  }

  get published(): unknown {
    return RESOURCE_TYPES.map((type) =>
      [...this.#view[type].values()]
        .map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])
        .sort(),
    )
  }

  #reconnect(): void {
    this.#streams += 1
    this.#toClient = []
    this.state = openStream(String(this.#streams))
    this.#give({ type: 'target', resources: this.#view, sequence: this.#sequence })
    this.client.connect()
  }

  #give(input: StreamInput): void {
    const before = this.state
    const { state, sends } = step(before, input, this.#now)
    const answered = input.type === 'request' ? input.of : undefined
    for (const { type } of sends) {
      const isUnanswered = before.types[type].inflight !== undefined && type !== answered
      if (isUnanswered || sends.filter((other) => other.type === type).length > 1)
        this.tooMany.push(type)
    }
    this.state = state
    this.#toClient.push(...sends)
  }
}

describe('a stream to an Envoy', () => {
  it('makes before it breaks, whatever is published when, and converges on the last publication', () => {
    fc.assert(
      fc.property(meshes(good), commands(meshes(good)), (first, list) => {
        const world = new World(first, { namesCulprits: true })
        for (const command of list) world.run(command)
        world.settle()
        expect(world.runs).toEqual(world.published)
        expect(world.client.breaks).toEqual([])
        expect(world.isProven).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('never has two unanswered responses of one type', () => {
    fc.assert(
      fc.property(meshes(goodOrBad), commands(meshes(goodOrBad)), (first, list) => {
        const world = new World(first, { namesCulprits: true })
        for (const command of list) world.run(command)
        world.settle()
        expect(world.tooMany).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  const habits = [
    ['that names what it rejects', true],
    ['that rejects without a name', false],
  ] as const
  it.each(habits)(
    '%s recovers from bad publications, lost connections and lost time',
    (_s, namesCulprits) => {
      const others: Command[] = [{ type: 'reconnect' }, { type: 'wait', ms: 6_000 }]
      fc.assert(
        fc.property(
          meshes(goodOrBad),
          commands(meshes(goodOrBad), ...others),
          meshes(good),
          (first, list, last) => {
            const world = new World(first, { namesCulprits })
            for (const command of list) world.run(command)
            world.settle()
            world.run({ type: 'publish', view: last })
            world.settle()
            // Routes that wait for a cluster which the client rejected go out in the end.
            world.run({ type: 'wait', ms: 6_000 })
            world.settle()
            expect(world.runs).toEqual(world.published)
            expect(world.isProven).toBe(true)
          },
        ),
        { numRuns: 400 },
      )
    },
  )

  it('never removes a cluster that a route uses which it rejected the successor of', () => {
    fc.assert(
      fc.property(meshes(good), meshes(good), (before, after) => {
        const world = new World(before, { namesCulprits: true })
        world.settle()
        const routes = new Map(
          [...after.route].map(([name, route]) => [
            name,
            { ...route, bytes: Buffer.from(`${name}=bad`), version: 'bad' },
          ]),
        )
        world.run({ type: 'publish', view: { ...after, route: routes } })
        world.settle()
        world.run({ type: 'wait', ms: 60_000 })
        world.settle()
        expect(world.client.breaks.filter((line) => line.startsWith('lost'))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
