/** The JSON Schemas that editors use accept what the compiler accepts. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toApiVersion } from '../../src/model/object-id.ts'
import { toJsonSchema, toSchemaFiles } from '../../src/policy/json-schema.ts'
import { KINDS } from '../../src/policy/registry.ts'
import { parseFile } from '../../src/policy/yaml/parse-file.ts'
import { READING_LIMITS } from '../../src/policy/yaml/reading-limits.ts'
import { arbitraryOf } from '../support/arbitrary-body.ts'
import { aFile, compile } from '../support/policy-files.ts'

const versions = KINDS.flatMap((kind) => kind.versions.map((version) => ({ kind, version })))

/** Zod's own reader of JSON Schema: an independent judge of what ours says. */
function validatorOf({ kind, version }: (typeof versions)[number]): z.ZodType {
  return z.fromJSONSchema(toJsonSchema(kind, version) as Parameters<typeof z.fromJSONSchema>[0])
}

describe.each(versions)('$kind.kind $version.name', (one) => {
  const { kind, version } = one
  const validator = validatorOf(one)

  it('accepts every document that is accepted', () => {
    fc.assert(
      fc.property(arbitraryOf(version.schema, 0), (body) => {
        const document = {
          ...(body as object),
          apiVersion: toApiVersion({ ...kind, version: version.name }),
          kind: kind.kind,
          metadata: kind.namespaced ? { name: 'a', namespace: 'shop' } : { name: 'a' },
        }
        const { problems } = compile([JSON.stringify(document)])
        if (problems.some(({ severity }) => severity === 'error')) return
        expect(validator.safeParse(document).error?.issues ?? []).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('refuses an unknown field', () => {
    expect(validator.safeParse({ stray: 1 }).success).toBe(false)
  })
})

it('accepts every document of policies-example', () => {
  const files = readdirSync('policies-example', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml') && !/^workloads|\.plumbline/.test(path))
    .map((path) => aFile(path, readFileSync(`policies-example/${path}`, 'utf8')))
  const documents = files.flatMap((file) => parseFile(file, READING_LIMITS).documents)
  expect(documents.length).toBeGreaterThan(10)
  for (const { document } of documents) {
    const value = document.value as { kind: string; apiVersion: string }
    const one = versions.find(
      ({ kind, version }) =>
        kind.kind === value.kind &&
        toApiVersion({ ...kind, version: version.name }) === value.apiVersion,
    )
    expect(one && validatorOf(one).safeParse(value).error?.issues, document.file).toBeUndefined()
  }
})

it('is one file for each version, and one for all', () => {
  expect(toSchemaFiles().map(({ path }) => path)).toMatchInlineSnapshot(`
    [
      "core/namespace_v1.json",
      "access.smi-spec.io/traffictarget_v1alpha3.json",
      "access.smi-spec.io/traffictarget_v1alpha2.json",
      "access.smi-spec.io/traffictarget_v1alpha1.json",
      "specs.smi-spec.io/httproutegroup_v1alpha4.json",
      "specs.smi-spec.io/httproutegroup_v1alpha3.json",
      "specs.smi-spec.io/httproutegroup_v1alpha2.json",
      "specs.smi-spec.io/httproutegroup_v1alpha1.json",
      "specs.smi-spec.io/tcproute_v1alpha4.json",
      "specs.smi-spec.io/tcproute_v1alpha3.json",
      "specs.smi-spec.io/tcproute_v1alpha2.json",
      "specs.smi-spec.io/tcproute_v1alpha1.json",
      "split.smi-spec.io/trafficsplit_v1alpha4.json",
      "split.smi-spec.io/trafficsplit_v1alpha3.json",
      "split.smi-spec.io/trafficsplit_v1alpha2.json",
      "split.smi-spec.io/trafficsplit_v1alpha1.json",
      "policy.openservicemesh.io/egress_v1alpha1.json",
      "policy.openservicemesh.io/ingressbackend_v1alpha1.json",
      "policy.openservicemesh.io/upstreamtrafficsetting_v1alpha1.json",
      "policy.openservicemesh.io/retry_v1alpha1.json",
      "policy.openservicemesh.io/telemetry_v1alpha1.json",
      "config.openservicemesh.io/extensionservice_v1alpha2.json",
      "config.openservicemesh.io/meshconfig_v1alpha2.json",
      "config.openservicemesh.io/meshconfig_v1alpha1.json",
      "config.openservicemesh.io/meshrootcertificate_v1alpha2.json",
      "plumbline.dev/meshpolicy_v1alpha1.json",
      "plumbline.dev/policytest_v1alpha1.json",
      "all.json",
    ]
  `)
})

it('says what a TrafficSplit is', () => {
  const kind = KINDS.find((candidate) => candidate.kind === 'TrafficSplit')!
  expect(toJsonSchema(kind)).toMatchInlineSnapshot(`
    {
      "$schema": "http://json-schema.org/draft-07/schema#",
      "additionalProperties": false,
      "description": "How the traffic of one service is shared among others",
      "properties": {
        "apiVersion": {
          "const": "split.smi-spec.io/v1alpha4",
        },
        "kind": {
          "const": "TrafficSplit",
        },
        "metadata": {
          "properties": {
            "annotations": {
              "additionalProperties": {
                "type": "string",
              },
              "type": "object",
            },
            "labels": {
              "additionalProperties": {
                "type": "string",
              },
              "type": "object",
            },
            "name": {
              "maxLength": 253,
              "minLength": 1,
              "type": "string",
            },
            "namespace": {
              "maxLength": 63,
              "minLength": 1,
              "type": "string",
            },
          },
          "required": [
            "name",
          ],
          "type": "object",
        },
        "spec": {
          "additionalProperties": false,
          "properties": {
            "backends": {
              "items": {
                "additionalProperties": false,
                "properties": {
                  "service": {
                    "minLength": 1,
                    "type": "string",
                  },
                  "weight": {
                    "maximum": 1000000,
                    "minimum": 0,
                    "type": "integer",
                  },
                },
                "required": [
                  "service",
                  "weight",
                ],
                "type": "object",
              },
              "minItems": 1,
              "type": "array",
            },
            "matches": {
              "items": {
                "additionalProperties": false,
                "properties": {
                  "apiGroup": {
                    "type": "string",
                  },
                  "kind": {
                    "enum": [
                      "HTTPRouteGroup",
                    ],
                    "type": "string",
                  },
                  "name": {
                    "maxLength": 253,
                    "pattern": "^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$",
                    "type": "string",
                  },
                },
                "required": [
                  "kind",
                  "name",
                ],
                "type": "object",
              },
              "type": "array",
            },
            "service": {
              "minLength": 1,
              "type": "string",
            },
          },
          "required": [
            "service",
            "backends",
          ],
          "type": "object",
        },
        "status": {},
      },
      "required": [
        "apiVersion",
        "kind",
        "metadata",
        "spec",
      ],
      "title": "TrafficSplit",
      "type": "object",
    }
  `)
})
