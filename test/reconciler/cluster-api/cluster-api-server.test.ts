/** What the API answers to those who speak HTTP to it, as kubectl does. */
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Cluster } from '../../../src/reconciler/cluster.ts'
import { connectClusterApi } from '../../../src/reconciler/cluster-api-client.ts'
import { clusterApi } from '../../../src/reconciler/cluster-api-server.ts'
import { aClusterApi } from '../../support/cluster-api.ts'
import {
  aConfigMap,
  aNamespace,
  aSplit,
  CONFIG_MAP,
  idOf,
  SPLIT,
} from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const SPLITS = '/apis/split.smi-spec.io/v1alpha4/namespaces/default/trafficsplits'
const APPLY = { 'content-type': 'application/apply-patch+yaml' }
const MERGE = { 'content-type': 'application/merge-patch+json' }
const asGit = { fieldManager: 'git', force: false, dryRun: false }

interface Served {
  readonly cluster: Cluster
  readonly server: FastifyInstance
  readonly send: (
    options: InjectOptions,
  ) => Promise<{ readonly status: number; readonly body: Record<string, unknown> }>
}

async function aServed(): Promise<Served> {
  const cluster = await anEmbeddedCluster()
  const server = fastify()
  await server.register(clusterApi(cluster))
  onTestFinished(async () => await server.close())
  const send = async (options: InjectOptions) => {
    const answer = await server.inject(options)
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }
  return { cluster, server, send }
}

describe('discovery', () => {
  it('names groups, versions and kinds', async () => {
    const { send } = await aServed()
    const groups = await send({ url: '/apis' })
    expect(
      (groups.body['groups'] as { readonly name: string }[]).map(({ name }) => name),
    ).toContain('split.smi-spec.io')
    const { body } = await send({ url: '/apis/split.smi-spec.io/v1alpha4' })
    expect(body).toMatchObject({
      kind: 'APIResourceList',
      groupVersion: 'split.smi-spec.io/v1alpha4',
      resources: [
        { name: 'trafficsplits', kind: 'TrafficSplit', namespaced: true, shortNames: ['ts'] },
      ],
    })
    const core = await send({ url: '/api/v1' })
    expect(
      (core.body['resources'] as { readonly name: string }[]).map(({ name }) => name),
    ).toContain('services/status')
  })

  it('says a Status for a path that is not served', async () => {
    const { send } = await aServed()
    expect(await send({ url: '/apis/apps/v1/daemonsets' })).toEqual({
      status: 404,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'the server could not find the requested resource',
        reason: 'NotFound',
        code: 404,
      },
    })
  })
})

describe('writes', () => {
  it('fill in what the URL says, and refuse a body that says otherwise', async () => {
    const { send } = await aServed()
    const spec = { service: 'bookstore', backends: [] }
    const applied = await send({
      method: 'PATCH',
      url: `${SPLITS}/s?fieldManager=me`,
      headers: APPLY,
      payload: { spec },
    })
    expect(applied).toMatchObject({
      status: 200,
      body: { kind: 'TrafficSplit', metadata: { namespace: 'default', name: 's' }, spec },
    })
    for (const wrong of [
      { kind: 'Secret' },
      { metadata: { name: 'other' } },
      { metadata: { name: 's', namespace: 'other' } },
      [],
    ])
      expect(await send({ method: 'PUT', url: `${SPLITS}/s`, payload: wrong })).toMatchObject({
        status: 400,
        body: { reason: 'BadRequest' },
      })
  })

  it('say conflicts as 409 with the manager and the field', async () => {
    const { send, cluster } = await aServed()
    await cluster.apply(aSplit('s', { v1: 1 }), asGit)
    const payload = aSplit('s', { v1: 2 })
    const refused = await send({
      method: 'PATCH',
      url: `${SPLITS}/s?fieldManager=kubectl`,
      headers: APPLY,
      payload,
    })
    expect(refused).toMatchObject({ status: 409, body: { reason: 'Conflict' } })
    expect(refused.body['message']).toContain('.spec.backends (owned by "git")')
    const forced = await send({
      method: 'PATCH',
      url: `${SPLITS}/s?fieldManager=kubectl&force=true`,
      headers: APPLY,
      payload,
    })
    expect(forced.status).toBe(200)
  })

  it('are owned by the program that sends no field manager', async () => {
    const { send } = await aServed()
    const { body } = await send({
      method: 'POST',
      url: '/api/v1/namespaces/default/configmaps',
      headers: { 'user-agent': 'curl/8.0' },
      payload: aConfigMap('m', { a: '1' }),
    })
    expect(body['metadata']).toMatchObject({
      managedFields: [{ manager: 'curl', operation: 'Update' }],
    })
  })

  it('are never done for a dry run that is not served', async () => {
    const { send, cluster } = await aServed()
    await cluster.apply(aSplit('s', { v1: 1 }), asGit)
    const requests: readonly InjectOptions[] = [
      { method: 'POST', url: `${SPLITS}?dryRun=All`, payload: aSplit('t') },
      { method: 'PUT', url: `${SPLITS}/s?dryRun=All`, payload: aSplit('s', { v1: 2 }) },
      {
        method: 'PATCH',
        url: `${SPLITS}/s?dryRun=All`,
        headers: MERGE,
        payload: { spec: { service: 'x' } },
      },
      { method: 'DELETE', url: `${SPLITS}/s?dryRun=All` },
      { method: 'PATCH', url: `${SPLITS}/s?dryRun=some`, headers: APPLY, payload: aSplit('s') },
    ]
    for (const request of requests) expect((await send(request)).status).toBe(400)
    expect((await cluster.list(SPLIT)).items).toMatchObject([aSplit('s', { v1: 1 })])
  })

  it('patch by merge: members laid over, null takes away', async () => {
    const { send, cluster } = await aServed()
    await cluster.apply(aConfigMap('m', { a: '1', b: '2' }), asGit)
    const payload = { metadata: { labels: { x: 'y' } }, data: { a: null, c: '3' } }
    const url = '/api/v1/namespaces/default/configmaps/m?fieldManager=kubectl-edit'
    expect(await send({ method: 'PATCH', url, headers: MERGE, payload })).toMatchObject({
      status: 200,
      body: { metadata: { labels: { x: 'y' } }, data: { b: '2', c: '3' } },
    })
    expect((await send({ method: 'PATCH', url, headers: MERGE, payload: [] })).status).toBe(400)
  })

  it('patch strategically only where that means the same', async () => {
    const { send, cluster } = await aServed()
    const headers = { 'content-type': 'application/strategic-merge-patch+json' }
    const patch = async (payload: object) =>
      (await send({ method: 'PATCH', url: '/api/v1/namespaces/default', headers, payload })).status
    expect(await patch({ metadata: { labels: { team: 'books' } } })).toBe(200)
    expect(await patch({ metadata: { finalizers: ['a/b'] } })).toBe(400)
    expect(await patch({ metadata: { labels: { $patch: 'delete' } } })).toBe(400)
    expect((await cluster.get(idOf(aNamespace('default'))))?.metadata.labels).toEqual({
      team: 'books',
    })
  })

  it('delete with the preconditions of the body', async () => {
    const { send, cluster } = await aServed()
    await cluster.apply(aSplit('s'), asGit)
    const payload = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'another' } }
    expect((await send({ method: 'DELETE', url: `${SPLITS}/s`, payload })).status).toBe(409)
    expect(await send({ method: 'DELETE', url: `${SPLITS}/s` })).toMatchObject({
      status: 200,
      body: { status: 'Success' },
    })
  })

  it("refuse what cannot be read, in Kubernetes' words", async () => {
    const { send } = await aServed()
    const url = `${SPLITS}/s`
    expect(await send({ method: 'PATCH', url, headers: APPLY, payload: 'spec: {}' })).toMatchObject(
      { status: 400, body: { message: 'the body is not JSON; send YAML as JSON' } },
    )
    expect(
      await send({
        method: 'PATCH',
        url,
        headers: { 'content-type': 'application/json-patch+json' },
        payload: '[]',
      }),
    ).toMatchObject({ status: 415 })
    expect(
      await send({
        method: 'PUT',
        url,
        headers: { 'content-type': 'application/json' },
        payload: JSON.stringify({ x: 'y'.repeat(4_000_000) }),
      }),
    ).toMatchObject({ status: 413 })
    expect(await send({ url: `${SPLITS}?labelSelector=a%20in%20(b)` })).toMatchObject({
      status: 400,
    })
  })
})

describe('reads', () => {
  it('list as a List of the kind, by namespace, label and name', async () => {
    const { send, cluster } = await aServed()
    await cluster.apply(aSplit('a', {}, { labels: { x: '1' } }), asGit)
    await cluster.apply(aSplit('b'), asGit)
    const names = async (url: string) =>
      (
        (await send({ url })).body['items'] as { readonly metadata: { readonly name: string } }[]
      ).map(({ metadata }) => metadata.name)
    expect((await send({ url: SPLITS })).body).toMatchObject({
      kind: 'TrafficSplitList',
      apiVersion: 'split.smi-spec.io/v1alpha4',
      metadata: { resourceVersion: '3' },
    })
    expect(await names('/apis/split.smi-spec.io/v1alpha4/trafficsplits')).toEqual(['a', 'b'])
    expect(await names(`${SPLITS}?labelSelector=x%3D1`)).toEqual(['a'])
    expect(await names(`${SPLITS}?fieldSelector=metadata.name%3Db`)).toEqual(['b'])
    expect((await send({ url: `${SPLITS}?fieldSelector=spec.service%3Db` })).status).toBe(400)
  })

  it('watch from nothing with what is there, and end when asked to', async () => {
    const { server, cluster } = await aServed()
    await cluster.apply(aSplit('a'), asGit)
    const answer = await server.inject({
      url: `${SPLITS}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Da`,
    })
    const lines = answer.payload
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly type: string })
    expect(lines).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'a' } } }])
  })

  it('end a watch that has expired with a Status', async () => {
    const { server } = await aServed()
    const answer = await server.inject({ url: `${SPLITS}?watch=true&resourceVersion=999` })
    expect(JSON.parse(answer.payload)).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    })
  })
})

describe('the client', () => {
  it('says which socket does not answer, and what to look for', async () => {
    const socketPath = `${await temporaryDirectory()}/nobody.sock`
    const client = connectClusterApi({ socketPath })
    await expect(client.list(CONFIG_MAP)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining(`the cluster API at ${socketPath} cannot be reached`),
    })
  })

  it('passes on a pause that the server asks for', async () => {
    const cluster = await anEmbeddedCluster()
    const { ClusterError } = await import('../../../src/reconciler/cluster.ts')
    cluster.list = async () => {
      throw new ClusterError('TooManyRequests', 'slow down', { retryAfterMs: 7_000 })
    }
    const { client } = await aClusterApi(cluster)
    await expect(client.list(CONFIG_MAP)).rejects.toMatchObject({
      code: 'TooManyRequests',
      retryAfterMs: 7_000,
    })
  })

  it('ends its watches with an error when the server goes away', async () => {
    const cluster = await anEmbeddedCluster()
    const { client, close } = await aClusterApi(cluster)
    const { resourceVersion } = await client.list(SPLIT)
    const watch = client.watch(SPLIT, { resourceVersion, signal: AbortSignal.timeout(10_000) })
    const events = watch[Symbol.asyncIterator]()
    await cluster.apply(aSplit('a'), asGit)
    expect((await events.next()).done).toBe(false)
    const next = expect(events.next()).rejects.toMatchObject({ code: 'Unavailable' })
    await close()
    await next
  })
})
