/**
 * The embedded cluster as a Kubernetes-shaped REST API: enough for kubectl (`get`, `apply --server-side`, `edit`,
 * `label`, `delete`, `get -w`) and for our own adapter in another process. It asks nobody who they are: it is mounted on a
 * unix socket, and the socket's mode is the lock.
 */
import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import { API_RESOURCES } from './api-resources.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import { discoveryDocuments } from './cluster-api/discovery.ts'
import { badRequest, RequestRefused } from './cluster-api/requests.ts'
import { resourceRoutes } from './cluster-api/resource-routes.ts'
import { failure, type Status, toStatus } from './cluster-api/status.ts'

/** kubectl sends apply patches as JSON, which is YAML. */
const BODY_TYPES = [
  'application/json',
  'application/apply-patch+yaml',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]
/** Twice the largest object, as in Kubernetes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024

/** A fastify plugin; it takes the paths `/api`, `/apis`, `/openapi` and `/version` of the server it is mounted on. */
export function clusterApi(cluster: Cluster): FastifyPluginCallback {
  return (app, _options, done) => {
    const closing = new AbortController()
    app.addHook('preClose', (ended) => {
      closing.abort()
      ended()
    })
    readBodies(app)
    answerErrors(app)
    for (const [path, document] of discoveryDocuments()) app.get(path, () => document)
    for (const resource of API_RESOURCES) resourceRoutes(app, cluster, resource, closing.signal)
    done()
  }
}

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    BODY_TYPES,
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    (_request, body, parsed) => {
      try {
        parsed(null, body === '' ? undefined : JSON.parse(String(body)))
      } catch {
        parsed(badRequest('the body is not JSON; send YAML as JSON'))
      }
    },
  )
}

function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const status = toAnswer(error)
    if (status.code === 500) request.log.error({ error }, 'a request failed')
    const seconds = status.details?.retryAfterSeconds
    if (seconds !== undefined) void reply.header('retry-after', String(seconds))
    return reply.code(status.code).send(status)
  })
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .send(failure(404, 'NotFound', 'the server could not find the requested resource')),
  )
}

function toAnswer(error: unknown): Status {
  if (error instanceof ClusterError) return toStatus(error)
  if (error instanceof RequestRefused) return error.status
  const code = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (code === 413)
    return failure(413, 'RequestEntityTooLarge', `the body is larger than ${MAX_BODY_BYTES} bytes`)
  if (code === 415)
    return failure(
      415,
      'UnsupportedMediaType',
      `the body has a content type that is not served; use one of ${BODY_TYPES.join(', ')}`,
    )
  return code >= 400 && code < 500
    ? failure(code, 'BadRequest', String((error as Error).message))
    : failure(500, 'InternalError', 'the request failed; see the log of the server')
}
