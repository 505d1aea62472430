/** What a request to the API asks for: queries and bodies read once, refusals said in Kubernetes' way. */
import type { FastifyRequest } from 'fastify'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { toApiVersion } from '../../model/object-id.ts'
import type { ApiResource } from '../api-resources.ts'
import type { ListOptions, Preconditions } from '../cluster.ts'
import { failure, type Status } from './status.ts'

/** A request the API does not take; carries the answer. */
export class RequestRefused extends Error {
  readonly status: Status

  constructor(status: Status) {
    super(status.message)
    this.name = 'RequestRefused'
    this.status = status
  }
}

type Query = Readonly<Record<string, unknown>>

export function queryOf(request: FastifyRequest): Query {
  return request.query as Query
}

export function isSet(query: Query, name: string): boolean {
  return query[name] === 'true' || query[name] === '1'
}

export function textOf(query: Query, name: string): string | undefined {
  const value = query[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** kubectl and client-go send one; others are named after their program, as Kubernetes does. */
export function fieldManagerOf(request: FastifyRequest): string {
  const program = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'
  return textOf(queryOf(request), 'fieldManager') ?? program
}

export function isDryRun(request: FastifyRequest): boolean {
  const dryRun = queryOf(request)['dryRun']
  if (dryRun === undefined) return false
  if (dryRun === 'All') return true
  throw badRequest(`dryRun is ${JSON.stringify(dryRun)}; the only value is All`)
}

/** Only an apply can be tried out; nothing else may be taken for a dry run and done. */
export function refuseDryRun(request: FastifyRequest): void {
  if (isDryRun(request))
    throw badRequest(
      'dryRun is for server-side apply only; try the change with `kubectl apply --server-side --dry-run=server`',
    )
}

export function listOptionsOf(request: FastifyRequest): ListOptions {
  const query = queryOf(request)
  if (textOf(query, 'fieldSelector') !== undefined && !isNameSelector(query))
    throw badRequest('field selectors other than metadata.name are not served')
  const { namespace } = request.params as { readonly namespace?: string }
  const labels = labelsOf(textOf(query, 'labelSelector'))
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
  }
}

/** The name that kubectl selects by when it follows one object (`kubectl get -w NAME`). */
export function selectedName(request: FastifyRequest): string | undefined {
  return textOf(queryOf(request), 'fieldSelector')?.split('=').at(-1)
}

function isNameSelector(query: Query): boolean {
  return /^metadata\.name==?[^=,]+$/.test(String(query['fieldSelector']))
}

function labelsOf(selector: string | undefined): ListOptions['labels'] {
  if (selector === undefined) return undefined
  return Object.fromEntries(
    selector.split(',').map((term) => {
      const match = /^\s*([^=!\s()]+)\s*==?\s*([^=!\s()]*)\s*$/.exec(term)
      if (match === null)
        throw badRequest(
          `the label selector ${JSON.stringify(selector)} has a term that is not key=value; set-based selectors are not served`,
        )
      return [match[1] ?? '', match[2] ?? '']
    }),
  )
}

/** The object in the body, at the place the URL names. */
export function objectOf(request: FastifyRequest, resource: ApiResource): KubernetesObject {
  const body = request.body
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('the body is not an object')
  return placed(body as Partial<KubernetesObject>, request, resource)
}

function placed(
  object: Partial<KubernetesObject>,
  request: FastifyRequest,
  resource: ApiResource,
): KubernetesObject {
  const params = request.params as { readonly namespace?: string; readonly name?: string }
  const metadata = { ...object.metadata, name: object.metadata?.name ?? params.name ?? '' }
  const apiVersion = object.apiVersion ?? toApiVersion(resource)
  const kind = object.kind ?? resource.kind
  if (apiVersion !== toApiVersion(resource) || kind !== resource.kind)
    throw badRequest(
      `the body is a ${apiVersion} ${kind}, the URL is of ${toApiVersion(resource)} ${resource.kind}`,
    )
  if (params.name !== undefined && metadata.name !== params.name)
    throw badRequest(
      `the body is named ${JSON.stringify(metadata.name)}, the URL says ${params.name}`,
    )
  const namespace = metadata.namespace ?? params.namespace
  if (namespace !== params.namespace && params.namespace !== undefined)
    throw badRequest(`the body is of the namespace ${namespace}, the URL of ${params.namespace}`)
  const place = namespace === undefined ? metadata : { ...metadata, namespace }
  return { ...object, apiVersion, kind, metadata: place }
}

/** From the DeleteOptions in the body, where there are any. */
export function preconditionsOf(request: FastifyRequest): Preconditions {
  const body = request.body as { readonly preconditions?: Preconditions } | null | undefined
  const { uid, resourceVersion } = body?.preconditions ?? {}
  return {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
}

export function badRequest(message: string): RequestRefused {
  return new RequestRefused(failure(400, 'BadRequest', message))
}
