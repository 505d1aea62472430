/** Retry: when the proxies of one service account try a request again. */
import { z } from 'zod'
import { nearestName } from '../../model/nearest-name.ts'
import type { Problem } from '../../model/problem.ts'
import { toServiceKey } from '../../model/service-name.ts'
import type { RetryIntent } from '../intent/retry-intent.ts'
import type { ProblemText } from '../problem-at.ts'
import { durationField } from './fields/duration.ts'
import { namespaceName, objectName, shorten } from './fields/names.ts'
import { rule } from './fields/rule.ts'
import {
  canonicalVersion,
  type Declaration,
  defineKind,
  type Read,
  soleClaim,
} from './kind-definition.ts'

/** Envoy ignores words it does not know, so a misspelt one would never retry (router filter, x-envoy-retry-on). */
const CONDITIONS = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'envoy-ratelimited',
  'retriable-4xx',
  'refused-stream',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]

const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    source: z.strictObject({
      kind: z.enum(['ServiceAccount']),
      name: objectName,
      namespace: namespaceName.optional(),
    }),
    destinations: z
      .array(
        z.strictObject({
          kind: z.enum(['Service']),
          name: namespaceName,
          namespace: namespaceName.optional(),
        }),
      )
      .min(1),
    retryPolicy: z.strictObject({
      retryOn: z
        .string()
        .check(rule(judgeConditions))
        .meta({ description: `Comma-separated: ${CONDITIONS.join(', ')}` }),
      perTryTimeout: durationField({ atLeast: '1ms' }).optional(),
      numRetries: z.int().min(0).max(100).optional(),
      retryBackoffBaseInterval: durationField({ atLeast: '1ms' }).optional(),
    }),
  }),
})

type Body = z.output<typeof v1alpha1>

export const RETRY = defineKind<Body, RetryIntent>({
  group: 'policy.openservicemesh.io',
  kind: 'Retry',
  plural: 'retries',
  summary: 'When the proxies of one service account try a request again',
  namespaced: true,
  enforced: false,
  actsOnNamespace: true,
  versions: [canonicalVersion('v1alpha1', v1alpha1)],
  read,
  link: (part, { key }) => ({
    problems: [],
    contribute: (draft) => draft.retries.set(key, part),
  }),
})

function judgeConditions(text: string): ProblemText | undefined {
  const unknown = text
    .split(',')
    .map((word) => word.trim())
    .find((word) => !CONDITIONS.includes(word))
  if (unknown === undefined) return undefined
  const nearest = nearestName(unknown, CONDITIONS)
  return {
    code: 'PLB0571',
    message: `${JSON.stringify(shorten(unknown))} is not a condition that Envoy retries on`,
    fix: nearest === undefined ? `write some of ${CONDITIONS.join(', ')}` : `write ${nearest}`,
  }
}

/** Envoy retries once, and waits 25 ms times a growing factor, where the policy does not say. */
function read(declaration: Declaration<Body>): Read<RetryIntent> {
  const { id, location, body } = declaration
  const { source, destinations, retryPolicy } = body.spec
  const spec = {
    source: { ...source, namespace: source.namespace ?? id.namespace },
    destinations: destinations.map((one) => ({ ...one, namespace: one.namespace ?? id.namespace })),
    retryPolicy: { numRetries: 1, retryBackoffBaseInterval: '25ms', ...retryPolicy },
  }
  return {
    part: { id, location, spec },
    problems: judgeSource(declaration, spec.source.namespace),
    applied: { spec },
    claims: spec.destinations.map(({ namespace, name }, index) => {
      const what = toServiceKey({ namespace, name })
      const slot = `retry ${spec.source.namespace}/${spec.source.name} ${what}`
      return soleClaim(slot, ['spec', 'destinations', index], (first) => ({
        code: 'PLB0607',
        message: `Retry ${first.id.name} already says when ${spec.source.name} retries requests to ${what}`,
        fix: 'join the two',
      }))
    }),
  }
}

/** D34. */
function judgeSource({ id, place }: Declaration<Body>, namespace: string): readonly Problem[] {
  if (namespace === id.namespace) return []
  return [
    place.problem(['spec', 'source', 'namespace'], {
      code: 'PLB0570',
      message: `a Retry in ${id.namespace} cannot make the proxies of ${namespace} retry: a namespace decides for its own clients only`,
      fix: `move the object to the namespace ${namespace}`,
    }),
  ]
}
