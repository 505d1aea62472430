/** The fields of UpstreamTrafficSetting. */
import { z } from 'zod'
import { durationField } from './fields/duration.ts'
import { pattern } from './fields/pattern.ts'
import { port } from './fields/ports.ts'
import { rule } from './fields/rule.ts'

const MAX_UINT32 = 4_294_967_295

const count = z.int().min(0).max(MAX_UINT32).optional()
const rate = z.int().min(1).max(MAX_UINT32)
const unit = z.enum(['second', 'minute', 'hour'])
const text = z.string().min(1)

/** What Envoy's type.v3.StatusCode has between 400 and 599. */
const STATUS_CODES: readonly number[] = [
  400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421,
  422, 423, 424, 426, 428, 429, 431, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
]

const statusCode = z
  .int()
  .check(
    rule((code) =>
      STATUS_CODES.includes(code)
        ? undefined
        : {
            code: 'PLB0566',
            message: `${code} is not a status code from 400 to 599 that Envoy can answer with`,
            fix: 'write 429, or 503',
          },
    ),
  )
  .meta({ minimum: 400, maximum: 599 })
  .optional()

const localHttp = z.strictObject({
  requests: rate,
  unit,
  burst: count,
  responseStatusCode: statusCode,
  responseHeadersToAdd: z.array(z.strictObject({ name: text, value: z.string() })).optional(),
})

const rateLimitService = z.strictObject({ host: text, port })

const globalTcp = z.strictObject({
  rateLimitService,
  domain: text,
  descriptors: z
    .array(z.strictObject({ entries: z.array(z.strictObject({ key: text, value: text })).min(1) }))
    .min(1),
  timeout: durationField({ atLeast: '1ms' }).optional(),
  failOpen: z.boolean().optional(),
})

const headerMatch = z.strictObject({
  name: text,
  exact: z.string().optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  regex: pattern.optional(),
  contains: z.string().optional(),
  present: z.boolean().optional(),
})

const httpDescriptors = z
  .array(
    z.strictObject({
      entries: z
        .array(
          z.strictObject({
            genericKey: z.strictObject({ value: text, key: text.optional() }).optional(),
            remoteAddress: z.strictObject({}).optional(),
            requestHeader: z.strictObject({ name: text, key: text }).optional(),
            headerValueMatch: z
              .strictObject({
                value: text,
                headers: z.array(headerMatch).min(1),
                key: text.optional(),
                expectMatch: z.boolean().optional(),
              })
              .optional(),
          }),
        )
        .min(1),
    }),
  )
  .min(1)

const globalHttp = z.strictObject({
  rateLimitService,
  domain: text,
  descriptors: httpDescriptors,
  timeout: durationField({ atLeast: '1ms' }).optional(),
  failOpen: z.boolean().optional(),
  enableXRateLimitHeaders: z.boolean().optional(),
  responseStatusCode: statusCode,
})

export const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    host: text,
    connectionSettings: z
      .strictObject({
        tcp: z
          .strictObject({
            maxConnections: count,
            connectTimeout: durationField({ atLeast: '1ms' }).optional(),
          })
          .optional(),
        http: z
          .strictObject({
            maxRequests: count,
            maxRequestsPerConnection: count,
            maxPendingRequests: count,
            maxRetries: count,
          })
          .optional(),
      })
      .optional(),
    rateLimit: z
      .strictObject({
        local: z
          .strictObject({
            tcp: z.strictObject({ connections: rate, unit, burst: count }).optional(),
            http: localHttp.optional(),
          })
          .optional(),
        global: z
          .strictObject({ tcp: globalTcp.optional(), http: globalHttp.optional() })
          .optional(),
      })
      .optional(),
    httpRoutes: z
      .array(
        z.strictObject({
          path: z.string(),
          rateLimit: z
            .strictObject({
              local: localHttp.optional(),
              global: z.strictObject({ descriptors: httpDescriptors }).optional(),
            })
            .optional(),
        }),
      )
      .optional(),
  }),
})
