/** The rows of the state-of-the-world protocol, one conversation each. Row numbers are those of docs/xds.md. */
import { describe, expect, it } from 'vitest'
import type { ResourceName } from '../../src/render/envoy/envoy-resource.ts'
import { unansweredSince } from '../../src/xds/stream-state.ts'
import { aResource } from './support/builders.ts'
import { Conversation } from './support/conversation.ts'

const AB = { a: 'v1', b: 'v1' }

describe('the first request of a type (row 3)', () => {
  it('is answered at once with those of the names that exist', () => {
    const client = new Conversation({ endpoint: AB })
    expect(client.subscribe('endpoint', ['a', 'missing'])).toEqual(['endpoint: a=v1'])
  })

  it('is answered whole when it is a wildcard', () => {
    const client = new Conversation({ cluster: AB })
    expect(client.subscribe('cluster')).toEqual(['cluster: a=v1, b=v1'])
  })

  it('is answered with nothing when the view has no cluster, so that Envoy goes on to start', () => {
    expect(new Conversation().subscribe('cluster')).toEqual(['cluster:'])
  })

  it('of endpoints that do not exist gets no empty response, which Envoy would take for a deletion', () => {
    expect(new Conversation().subscribe('endpoint', ['a'])).toEqual([])
  })

  it('carries a nonce of an earlier stream after a reconnect, and is answered', () => {
    const client = new Conversation({ cluster: AB })
    const old = { responseNonce: 'other.7', versionInfo: 'abc' }
    expect(client.request('cluster', old)).toEqual(['cluster: a=v1, b=v1'])
  })
})

describe('an answered response (row 4)', () => {
  it('gets no answer to its ACK', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster')
    expect([client.ack('cluster'), client.ack('cluster')]).toEqual([[], []])
  })

  it('gets no answer to its NACK: the same bytes would be rejected again', () => {
    const client = new Conversation({ route: { a: 'bad' } })
    client.subscribe('route', ['a'])
    expect(client.nack('route', 'a: no')).toEqual([])
    expect(client.wait(60_000)).toEqual([])
  })

  it('is rejected by its error alone: version_info says what the client still runs', () => {
    const client = new Conversation({ route: AB })
    client.subscribe('route', ['a'])
    client.ack('route')
    client.ack('route', ['a', 'b'])
    client.request('route', {
      responseNonce: client.last('route').nonce,
      versionInfo: client.last('route').version,
      errorDetail: 'b: bad',
    })
    expect(client.events.at(-1)).toMatchObject({ type: 'nacked', culprits: [{ name: 'b' }] })
  })

  it('is not touched by a NACK of an older nonce', () => {
    const client = new Conversation({ route: { a: 'v1' } })
    client.subscribe('route', ['a'])
    const { nonce } = client.last('route')
    client.ack('route')
    client.publish({ route: { a: 'v2' } })
    client.request('route', { responseNonce: nonce, errorDetail: 'late' })
    expect(client.events.filter((event) => event.type === 'nacked')).toEqual([])
    client.ack('route')
    expect(client.proven).toBe(2)
  })

  it('with a nonce nobody sent is passed over, but its names are taken', () => {
    const client = new Conversation({ route: AB })
    client.subscribe('route', ['a'])
    client.ack('route')
    const wrong = { responseNonce: 'never', resourceNames: ['a', 'b'] }
    expect(client.request('route', wrong)).toEqual(['route: b=v1'])
  })

  it('ACKs and subscribes in one request: both are taken', () => {
    const client = new Conversation({ route: AB })
    client.subscribe('route', ['a'])
    expect(client.ack('route', ['a', 'b'])).toEqual(['route: b=v1'])
  })

  it('NACKs and subscribes in one request: both are taken', () => {
    const client = new Conversation({ route: { a: 'bad', b: 'v1' } })
    client.subscribe('route', ['a'])
    const both = {
      responseNonce: client.last('route').nonce,
      errorDetail: 'a is wrong',
      resourceNames: ['a', 'b'],
    }
    expect(client.request('route', both)).toEqual(['route: b=v1'])
  })
})

describe('a change of names (rows 5, 6, 8)', () => {
  it('tells an added name at an unchanged version, and it alone', () => {
    const client = new Conversation({ endpoint: AB })
    client.subscribe('endpoint', ['a'])
    client.ack('endpoint')
    expect(client.ack('endpoint', ['a', 'b'])).toEqual(['endpoint: b=v1'])
  })

  it('of clusters is told whole', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster', ['a'])
    client.ack('cluster')
    expect(client.ack('cluster', ['a', 'b'])).toEqual(['cluster: a=v1, b=v1'])
  })

  it('that removes names is not answered', () => {
    const client = new Conversation({ cluster: AB, endpoint: AB })
    client.subscribe('cluster', ['a', 'b'])
    client.subscribe('endpoint', ['a', 'b'])
    client.ack('endpoint')
    expect([client.ack('cluster', ['a']), client.ack('endpoint', ['a'])]).toEqual([[], []])
  })

  it('that drops a name and takes it up again tells it again', () => {
    const client = new Conversation({ endpoint: AB })
    client.subscribe('endpoint', ['a', 'b'])
    client.ack('endpoint', ['a'])
    expect(client.ack('endpoint', ['a', 'b'])).toEqual(['endpoint: b=v1'])
  })

  it('made while a response is in flight is answered after its ACK', () => {
    const client = new Conversation({ endpoint: AB })
    client.subscribe('endpoint', ['a'])
    expect(client.request('endpoint', { resourceNames: ['a', 'b'] })).toEqual([])
    expect(client.ack('endpoint', ['a', 'b'])).toEqual(['endpoint: b=v1'])
  })

  it('to the empty name ends a wildcard, after which nothing is told', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster')
    expect(client.ack('cluster', [''])).toEqual([])
    expect(client.publish({ cluster: { a: 'v2' } })).toEqual([])
  })

  it('from names to a wildcard is told whole', () => {
    const client = new Conversation({ listener: AB })
    client.subscribe('listener', ['a'])
    expect(client.ack('listener', ['*'])).toEqual(['listener: a=v1, b=v1'])
  })

  it('to a name that does not exist yet is remembered until it does', () => {
    const client = new Conversation({ route: { a: 'v1' } })
    client.subscribe('route', ['a', 'late'])
    client.ack('route')
    expect(client.publish({ route: { a: 'v1', late: 'v1' } })).toEqual(['route: late=v1'])
  })
})

describe('a publication (rows 5, 7, 15, 19)', () => {
  it('tells of endpoints only those that changed and are held', () => {
    const client = new Conversation({ endpoint: { a: 'v1', b: 'v1', c: 'v1' } })
    client.subscribe('endpoint', ['a', 'b'])
    client.ack('endpoint')
    expect(client.publish({ endpoint: { a: 'v1', b: 'v2', c: 'v2' } })).toEqual(['endpoint: b=v2'])
  })

  it('tells clusters whole, and deletes by leaving out', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster')
    client.ack('cluster')
    expect(client.publish({ cluster: { b: 'v1' } })).toEqual(['cluster: b=v1'])
  })

  it('deletes the last cluster by an empty response', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster')
    client.ack('cluster')
    expect(client.publish({})).toEqual(['cluster:'])
  })

  it('of equal content sends nothing, whether or not the maps are the same', () => {
    const content = { cluster: AB, endpoint: AB }
    const client = new Conversation(content)
    client.subscribe('cluster')
    client.ack('cluster')
    client.subscribe('endpoint', ['a', 'b'])
    client.ack('endpoint')
    expect(client.publish(content)).toEqual([])
    expect(client.proven).toBe(2)
  })

  it('waits while a response is unanswered: a hundred of them are one response, the newest', () => {
    const client = new Conversation({ endpoint: { a: 'v0' } })
    client.subscribe('endpoint', ['a'])
    const sent = Array.from({ length: 100 }, (_, n) =>
      client.publish({ endpoint: { a: `v${n + 1}` } }),
    )
    expect(sent.flat()).toEqual([])
    expect(client.ack('endpoint')).toEqual(['endpoint: a=v100'])
  })

  it('gives equal content the same version on every stream', () => {
    const versions = [1, 2].map(() => {
      const client = new Conversation({ cluster: AB })
      client.subscribe('cluster')
      return client.last('cluster').version
    })
    expect(versions[0]).toBe(versions[1])
  })

  it('of a type that is not subscribed sends nothing', () => {
    expect(new Conversation().publish({ cluster: AB, route: AB })).toEqual([])
  })
})

/** An Envoy that runs one listener, its route, and the cluster behind it. */
function runningEnvoy(): Conversation {
  const client = new Conversation({
    cluster: { old: 'v1' },
    endpoint: { old: 'v1' },
    listener: { in: 'v1' },
    route: { r: '-> old' },
  })
  client.subscribe('cluster')
  client.ack('cluster')
  client.subscribe('endpoint', ['old'])
  client.ack('endpoint')
  client.subscribe('listener')
  client.ack('listener')
  client.subscribe('route', ['r'])
  client.ack('route')
  return client
}

const SWAPPED = {
  cluster: { new: 'v1' },
  endpoint: { new: 'v1' },
  listener: { in: 'v1' },
  route: { r: '-> new' },
}

describe('a change that goes through several types (row 14)', () => {
  it('makes before it breaks: clusters, endpoints, routes, then the removal', () => {
    const client = runningEnvoy()
    expect(client.publish(SWAPPED)).toEqual(['cluster: new=v1, old=v1'])
    expect(client.ack('cluster')).toEqual([])
    expect(client.subscribe('endpoint', ['old', 'new'])).toEqual(['endpoint: new=v1'])
    expect(client.ack('endpoint')).toEqual(['route: r=-> new'])
    expect(client.ack('route')).toEqual(['cluster: new=v1'])
    expect(client.ack('cluster')).toEqual([])
    expect(client.proven).toBe(2)
  })

  it('waits for the clusters alone when they have no endpoints of their own', () => {
    const client = runningEnvoy()
    expect(client.publish({ ...SWAPPED, endpoint: {} })).toEqual(['cluster: new=v1, old=v1'])
    expect(client.ack('cluster')).toEqual(['route: r=-> new'])
  })

  it('sends listeners and routes at once when no cluster changed', () => {
    const client = runningEnvoy()
    const content = { cluster: { old: 'v1' }, endpoint: { old: 'v1' } }
    expect(
      client.publish({ ...content, listener: { in: 'v2' }, route: { r: '-> old 2' } }),
    ).toEqual(['listener: in=v2', 'route: r=-> old 2'])
  })

  it('is not held up by endpoints that merely change', () => {
    const client = runningEnvoy()
    expect(
      client.publish({
        cluster: { old: 'v1' },
        endpoint: { old: 'v2' },
        listener: { in: 'v1' },
        route: { r: 'v2' },
      }),
    ).toEqual(['endpoint: old=v2', 'route: r=v2'])
  })

  it('sends the endpoints of a changed cluster again, though they did not change', () => {
    const client = runningEnvoy()
    expect(
      client.publish({
        cluster: { old: 'v2' },
        endpoint: { old: 'v1' },
        listener: { in: 'v1' },
        route: { r: '-> old' },
      }),
    ).toEqual(['cluster: old=v2', 'endpoint: old=v1'])
  })

  it('sends routes after five seconds, if the endpoints of a new cluster are never asked for', () => {
    const client = runningEnvoy()
    client.publish(SWAPPED)
    client.ack('cluster')
    expect(client.wait(4_999)).toEqual([])
    expect(client.wait(1)).toEqual(['route: r=-> new'])
    expect(client.events.at(-1)).toEqual({ type: 'stoppedWaiting', for: ['new'] })
  })

  it('does not wait again for what it stopped waiting for', () => {
    const client = runningEnvoy()
    client.publish(SWAPPED)
    client.ack('cluster')
    client.wait(5_000)
    client.ack('route')
    client.ack('cluster')
    expect(client.publish({ ...SWAPPED, route: { r: '-> new 2' } })).toEqual(['route: r=-> new 2'])
  })

  it('never removes a cluster on time alone: a route that is not ACKed may still use it', () => {
    const client = runningEnvoy()
    client.publish(SWAPPED)
    client.ack('cluster')
    client.subscribe('endpoint', ['old', 'new'])
    client.ack('endpoint')
    expect(client.wait(600_000)).toEqual([])
  })

  it('keeps the old cluster while the client rejects the route that leaves it', () => {
    const client = runningEnvoy()
    client.publish(SWAPPED)
    client.ack('cluster')
    client.subscribe('endpoint', ['old', 'new'])
    client.ack('endpoint')
    expect(client.nack('route', 'r: bad')).toEqual([])
    expect(client.publish({ ...SWAPPED, route: { r: '-> new 2' } })).toEqual(['route: r=-> new 2'])
    expect(client.ack('route')).toEqual(['cluster: new=v1'])
  })

  it('brings back a cluster that was about to go, without a word', () => {
    const client = runningEnvoy()
    client.publish(SWAPPED)
    client.publish({
      cluster: { old: 'v1' },
      endpoint: { old: 'v1' },
      listener: { in: 'v1' },
      route: { r: '-> old' },
    })
    expect(client.ack('cluster')).toEqual(['cluster: old=v1'])
    expect(client.ack('cluster')).toEqual([])
  })

  it('lets the first listeners of a stream wait for the clusters just sent, too', () => {
    const client = new Conversation(SWAPPED)
    client.subscribe('cluster')
    expect(client.subscribe('listener')).toEqual([])
    client.ack('cluster')
    expect(client.subscribe('endpoint', ['new'])).toEqual(['endpoint: new=v1'])
    expect(client.ack('endpoint')).toEqual(['listener: in=v1'])
  })

  it('lets no route wait for endpoints where the client names its clusters, as gRPC does', () => {
    const client = new Conversation({ cluster: {}, route: { r: 'v1' } })
    client.subscribe('route', ['r'])
    client.ack('route')
    client.subscribe('cluster', ['left-over'])
    client.ack('cluster')
    client.publish({
      cluster: { 'left-over': 'v1' },
      endpoint: { 'left-over': 'v1' },
      route: { r: 'v2' },
    })
    expect(client.ack('cluster')).toEqual(['route: r=v2'])
  })

  it('removes no cluster that the client still names: gRPC ACKs a route before it has left it', () => {
    const client = new Conversation({ cluster: { old: 'v1', new: 'v1' }, route: { r: '-> old' } })
    client.subscribe('route', ['r'])
    client.ack('route')
    client.subscribe('cluster', ['old'])
    client.ack('cluster')
    expect(client.publish({ cluster: { new: 'v1' }, route: { r: '-> new' } })).toEqual([
      'route: r=-> new',
    ])
    expect(client.ack('route')).toEqual([])
    expect(client.proven).toBe(2)
    expect(client.ack('cluster', ['old', 'new'])).toEqual(['cluster: new=v1, old=v1'])
    expect(client.ack('cluster', ['new'])).toEqual([])
    expect(client.publish({ cluster: { new: 'v2' }, route: { r: '-> new' } })).toEqual([
      'cluster: new=v2',
    ])
  })

  it('tells a client that asks for no clusters of its listeners at once', () => {
    const client = new Conversation(SWAPPED)
    expect(client.subscribe('listener', ['in'])).toEqual(['listener: in=v1'])
  })

  it('counts as proven only when the client asked for every route it was told of', () => {
    const client = runningEnvoy()
    client.publish({
      ...{ cluster: { old: 'v1' }, endpoint: { old: 'v1' } },
      listener: { in: 'v1', out: 'v1' },
      route: { r: '-> old', second: 'v1' },
    })
    client.ack('listener')
    expect(client.proven).toBeLessThan(2)
    expect(client.subscribe('route', ['r', 'second'])).toEqual(['route: second=v1'])
    client.ack('route')
    expect(client.proven).toBe(2)
  })
})

describe('a rejected response', () => {
  it('is followed by what was right in it, at once and without the culprit', () => {
    const client = new Conversation({ route: AB })
    client.subscribe('route', ['a', 'b'])
    client.ack('route')
    expect(client.publish({ route: { a: 'bad', b: 'v2' } })).toEqual(['route: a=bad, b=v2'])
    expect(client.nack('route', 'RouteConfiguration a: no such cluster')).toEqual(['route: b=v2'])
    expect(client.ack('route')).toEqual([])
    expect(client.publish({ route: { a: 'v3', b: 'v2' } })).toEqual(['route: a=v3'])
  })

  it('of clusters is followed by the whole set with the culprit as the client last accepted it', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster')
    client.ack('cluster')
    client.publish({ cluster: { a: 'bad', b: 'v2' } })
    const envoySays = 'Error adding/updating cluster(s) a: invalid'
    expect(client.nack('cluster', envoySays)).toEqual(['cluster: a=v1, b=v2'])
    expect(client.ack('cluster')).toEqual([])
    expect(client.publish({ cluster: { a: 'bad', b: 'v3' } })).toEqual(['cluster: a=v1, b=v3'])
  })

  it('of clusters leaves out a culprit that the client never had', () => {
    const client = new Conversation({ cluster: { b: 'v1' } })
    client.subscribe('cluster')
    client.ack('cluster')
    client.publish({ cluster: { a: 'bad', b: 'v2' } })
    expect(client.nack('cluster', 'a: no')).toEqual(['cluster: b=v2'])
  })

  it('of clusters deletes nothing that the client may run since an earlier stream', () => {
    const client = new Conversation({ cluster: { a: 'bad', b: 'v1' } })
    client.subscribe('cluster')
    expect(client.nack('cluster', 'a: no')).toEqual([])
    expect(client.publish({ cluster: { a: 'v3', b: 'v1' } })).toEqual(['cluster: a=v3, b=v1'])
  })

  it('of clusters that names nobody is taken back whole', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster')
    client.ack('cluster')
    client.publish({ cluster: { a: 'v2', b: 'v2' } })
    expect(client.nack('cluster', 'out of luck')).toEqual(['cluster: a=v1, b=v1'])
  })

  it('that names nobody is told apart one by one, until the culprit stands alone', () => {
    const client = new Conversation({ route: { a: 'v1', b: 'bad', c: 'v1' } })
    client.subscribe('route', ['a', 'b', 'c'])
    expect(client.nack('route', 'Only unique values are permitted')).toEqual(['route: a=v1'])
    expect(client.ack('route')).toEqual(['route: b=bad'])
    expect(client.nack('route', 'Only unique values are permitted')).toEqual(['route: c=v1'])
    expect(client.ack('route')).toEqual([])
    expect(
      client.events.flatMap((event) =>
        event.type === 'nacked' ? [event.culprits.map((culprit) => culprit.name)] : [],
      ),
    ).toEqual([[], ['b']])
  })

  it('does not keep a later publication from the names that are still being told apart', () => {
    const client = new Conversation({ route: AB })
    client.subscribe('route', ['a', 'b'])
    client.nack('route')
    client.publish({ route: { a: 'v2', b: 'v2' } })
    expect(client.ack('route')).toEqual(['route: b=v2'])
    expect(client.ack('route')).toEqual(['route: a=v2'])
  })

  it('of clusters that names nobody is tried anew with the next change', () => {
    const client = new Conversation({ cluster: { c: 'v1' } })
    client.subscribe('cluster')
    client.ack('cluster')
    client.publish({ cluster: AB })
    expect(client.nack('cluster', 'out of luck')).toEqual(['cluster: c=v1'])
    expect(client.ack('cluster')).toEqual([])
    expect(client.publish({ cluster: { a: 'v1' } })).toEqual(['cluster: a=v1'])
  })

  it('of clusters, twice without a name, blames nobody who was right', () => {
    const client = new Conversation({ cluster: {} })
    client.subscribe('cluster')
    client.ack('cluster')
    client.publish({ cluster: { a: 'v1', c: 'bad' } })
    client.publish({ cluster: { a: 'v2', c: 'bad' } })
    expect(client.nack('cluster', 'something is wrong')).toEqual(['cluster: a=v2, c=bad'])
    expect(client.nack('cluster', 'something is wrong')).toEqual(['cluster:'])
    client.ack('cluster')
    expect(client.publish({ cluster: { a: 'v2' } })).toEqual(['cluster: a=v2'])
  })

  it('is sent again when the client drops the name and asks for it anew', () => {
    const client = new Conversation({ route: { a: 'bad' } })
    client.subscribe('route', ['a'])
    client.nack('route')
    client.subscribe('route', [])
    expect(client.subscribe('route', ['a'])).toEqual(['route: a=bad'])
  })

  it('never counts as proven, though the next response is ACKed', () => {
    const client = new Conversation({ cluster: AB })
    client.subscribe('cluster')
    client.ack('cluster')
    client.publish({ cluster: { a: 'bad', b: 'v1' } })
    client.nack('cluster', 'a')
    client.ack('cluster')
    expect(client.proven).toBe(1)
  })

  const rejecters = [
    ['of clusters', 'cluster', []],
    ['of routes', 'route', ['route: a=v1', 'route: b=v1']],
  ] as const
  it.each(rejecters)('%s cannot be made into a loop', (_sentence, type, expected) => {
    const client = new Conversation({ [type]: AB })
    client.subscribe(type, ['a', 'b'])
    expect(Array.from({ length: 50 }, () => client.nack(type)).flat()).toEqual(expected)
  })
})

describe('secrets (row 20)', () => {
  const own = aResource('secret', 'service-cert:shop/web', 'leaf 1')

  it("hold a proxy's own certificate as soon as it is issued", () => {
    const client = new Conversation({ secret: { 'root-cert': 'roots' } })
    expect(client.subscribe('secret', ['root-cert', own.name])).toEqual(['secret: root-cert=roots'])
    client.ack('secret')
    expect(client.leaf(own)).toEqual(['secret: service-cert:shop/web=leaf 1'])
  })

  it('are told again when the certificate is renewed', () => {
    const client = new Conversation()
    client.leaf(own)
    client.subscribe('secret', [own.name])
    client.ack('secret')
    const before = client.last('secret').version
    const renewed = aResource('secret', own.name, 'leaf 2')
    expect(client.leaf(renewed)).toEqual(['secret: service-cert:shop/web=leaf 2'])
    expect(client.last('secret').version).not.toBe(before)
  })

  it('of another identity are not there, even if the view should hold them by mistake', () => {
    const client = new Conversation({ secret: { 'service-cert:bank/vault': 'not yours' } })
    client.leaf(own)
    expect(client.subscribe('secret', ['service-cert:bank/vault'])).toEqual([])
    expect(client.events).toEqual([
      { type: 'subscribed', of: 'secret', added: ['service-cert:bank/vault' as ResourceName] },
    ])
  })

  it('bring a new root before the listeners that need it', () => {
    const client = new Conversation({ secret: { roots: 'A' }, listener: { in: 'v1' } })
    client.subscribe('secret', ['roots'])
    client.ack('secret')
    client.subscribe('listener')
    client.ack('listener')
    expect(client.publish({ secret: { roots: 'A+B' }, listener: { in: 'v2' } })).toEqual([
      'secret: roots=A+B',
      'listener: in=v2',
    ])
  })
})

describe('time', () => {
  it('is known since when the oldest response is unanswered', () => {
    const client = new Conversation({ cluster: AB, route: AB })
    expect(unansweredSince(client.state)).toBeUndefined()
    client.subscribe('cluster')
    client.wait(10)
    client.subscribe('route', ['a'])
    expect(unansweredSince(client.state)).toBe(0)
    client.ack('cluster')
    expect(unansweredSince(client.state)).toBe(10)
  })
})
