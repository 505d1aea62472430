/** The routes of one kind. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectId, printObjectId, toApiVersion } from '../../model/object-id.ts'
import type { ApiResource } from '../api-resources.ts'
import { type Cluster, ClusterError, type WatchEvent } from '../cluster.ts'
import { asMergePatch, patchObject } from './patch-object.ts'
import { collectionPath } from './paths.ts'
import {
  badRequest,
  fieldManagerOf,
  isDryRun,
  isSet,
  listOptionsOf,
  objectOf,
  preconditionsOf,
  queryOf,
  refuseDryRun,
  selectedName,
  textOf,
} from './requests.ts'
import { SUCCESS } from './status.ts'
import { toWatchLines } from './watch-lines.ts'

/** `closing` ends the watches under way. */
export function resourceRoutes(
  app: FastifyInstance,
  cluster: Cluster,
  resource: ApiResource,
  closing: AbortSignal,
): void {
  const all = collectionPath(resource)
  const collection = resource.namespaced ? all.replace(/\/[^/]+$/, '/namespaces/:namespace$&') : all
  const object = `${collection}/:name`

  const readAll = async (request: FastifyRequest, reply: FastifyReply) =>
    isSet(queryOf(request), 'watch')
      ? await sendWatch(request, reply)
      : await listObjects(cluster, resource, request)
  const sendWatch = async (request: FastifyRequest, reply: FastifyReply) =>
    await watchObjects({ cluster, resource, request, reply, closing })

  app.get(all, readAll)
  if (collection !== all) app.get(collection, readAll)
  app.post(collection, async (request, reply) => {
    refuseDryRun(request)
    const created = await cluster.create(objectOf(request, resource), {
      fieldManager: fieldManagerOf(request),
    })
    return await reply.code(201).send(created)
  })
  app.get(object, async (request) => await getObject(cluster, idOf(request, resource)))
  app.put(object, async (request) => await putObject(cluster, resource, request))
  app.patch(object, async (request) => await patch(cluster, resource, request))
  app.delete(object, async (request) => {
    refuseDryRun(request)
    await cluster.delete(idOf(request, resource), preconditionsOf(request))
    return SUCCESS
  })
  if (!resource.hasStatus) return
  const status = `${object}/status`
  app.get(status, async (request) => await getObject(cluster, idOf(request, resource)))
  app.put(status, async (request) => await putObject(cluster, resource, request, 'status'))
  app.patch(status, async (request) => await patch(cluster, resource, request, 'status'))
}

function idOf(request: FastifyRequest, resource: ApiResource): ObjectId {
  const { namespace = '', name } = request.params as {
    readonly namespace?: string
    readonly name: string
  }
  const { group, version, kind } = resource
  return { group, version, kind, namespace, name }
}

async function getObject(cluster: Cluster, id: ObjectId): Promise<KubernetesObject> {
  const object = await cluster.get(id)
  if (object === undefined)
    throw new ClusterError('NotFound', `${printObjectId(id)} does not exist`)
  return object
}

async function listObjects(
  cluster: Cluster,
  resource: ApiResource,
  request: FastifyRequest,
): Promise<unknown> {
  const name = selectedName(request)
  const { items, resourceVersion } = await cluster.list(resource, listOptionsOf(request))
  return {
    kind: `${resource.kind}List`,
    apiVersion: toApiVersion(resource),
    metadata: { resourceVersion },
    items: name === undefined ? items : items.filter((item) => item.metadata.name === name),
  }
}

async function putObject(
  cluster: Cluster,
  resource: ApiResource,
  request: FastifyRequest,
  subresource?: 'status',
): Promise<KubernetesObject> {
  refuseDryRun(request)
  return await cluster.update(objectOf(request, resource), {
    fieldManager: fieldManagerOf(request),
    ...(subresource === undefined ? {} : { subresource }),
  })
}

async function patch(
  cluster: Cluster,
  resource: ApiResource,
  request: FastifyRequest,
  subresource?: 'status',
): Promise<KubernetesObject> {
  const fieldManager = fieldManagerOf(request)
  const type = (request.headers['content-type'] ?? '').split(';')[0]
  if (type === 'application/apply-patch+yaml') {
    if (subresource !== undefined) throw badRequest('status cannot be applied; update it')
    const force = isSet(queryOf(request), 'force')
    const dryRun = isDryRun(request)
    return await cluster.apply(objectOf(request, resource), { fieldManager, force, dryRun })
  }
  refuseDryRun(request)
  const body =
    type === 'application/strategic-merge-patch+json' ? asMergePatch(request.body) : request.body
  const id = idOf(request, resource)
  return await patchObject({ cluster, id, patch: body, fieldManager, subresource })
}

async function watchObjects(watch: {
  readonly cluster: Cluster
  readonly resource: ApiResource
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly closing: AbortSignal
}): Promise<void> {
  const { cluster, resource, request, reply, closing } = watch
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const signals = [closing, gone.signal]
  const seconds = Number(textOf(queryOf(request), 'timeoutSeconds') ?? 0)
  if (seconds > 0) signals.push(AbortSignal.timeout(seconds * 1000))
  const events = await eventsOf(cluster, resource, request, AbortSignal.any(signals))
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'application/json' })
  reply.raw.flushHeaders()
  const lines = Readable.from(toWatchLines(resource, events))
  // A reader that goes away ends the watch; there is nobody left to tell.
  await pipeline(lines, reply.raw).catch((error: unknown) => {
    request.log.debug({ error }, 'a watch was cut off')
  })
}

/** Without a version to go on from, what is there now comes first. */
async function eventsOf(
  cluster: Cluster,
  resource: ApiResource,
  request: FastifyRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<WatchEvent>> {
  const options = listOptionsOf(request)
  const name = selectedName(request)
  const from = textOf(queryOf(request), 'resourceVersion') ?? '0'
  const start =
    from === '0' ? await cluster.list(resource, options) : { items: [], resourceVersion: from }
  const { resourceVersion } = start
  const events = cluster.watch(resource, { ...options, resourceVersion, signal })
  return selectEvents(
    start.items,
    events,
    (object) => name === undefined || object.metadata.name === name,
  )
}

async function* selectEvents(
  items: readonly KubernetesObject[],
  events: AsyncIterable<WatchEvent>,
  isWanted: (object: KubernetesObject) => boolean,
): AsyncIterable<WatchEvent> {
  for (const object of items) if (isWanted(object)) yield { type: 'added', object }
  for await (const event of events)
    if (event.type === 'bookmark' || isWanted(event.object)) yield event
}
