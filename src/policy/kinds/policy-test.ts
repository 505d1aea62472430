/** PolicyTest: what the repository itself claims about who may call what. Read from git only, never applied. */
import { z } from 'zod'
import type { Problem } from '../../model/problem.ts'
import { HTTP_METHODS } from '../intent/http-match.ts'
import type {
  PolicyInvariant,
  PolicyTestCase,
  PolicyTestIntent,
} from '../intent/policy-test-intent.ts'
import type { ProblemText } from '../problem-at.ts'
import { namespaceName, objectName, shorten } from './fields/names.ts'
import { port } from './fields/ports.ts'
import { rule } from './fields/rule.ts'
import { canonicalVersion, type Declaration, defineKind } from './kind-definition.ts'

const name = z.string().min(1)

const testCase = z.strictObject({
  name,
  from: z.strictObject({ namespace: namespaceName, serviceAccount: objectName }),
  to: z.strictObject({
    namespace: namespaceName,
    service: namespaceName,
    port: port.optional(),
  }),
  request: z
    .strictObject({
      method: z.enum(HTTP_METHODS),
      path: z.string().check(rule(judgeRequestPath)).meta({ pattern: '^/[^?#]*$' }),
      headers: z.record(z.string(), z.string()).optional(),
    })
    .optional()
    .meta({ description: 'Left out, the case asks about a TCP connection' }),
  expect: z.enum(['allow', 'deny']),
})

const invariant = z.strictObject({
  name,
  to: z.strictObject({
    namespace: namespaceName,
    service: namespaceName.optional(),
    port: port.optional(),
  }),
  onlyFrom: z
    .array(z.strictObject({ namespace: namespaceName, serviceAccount: objectName.optional() }))
    .meta({ description: 'Empty: nobody may reach it' }),
})

const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    cases: z.array(testCase).optional(),
    invariants: z.array(invariant).optional(),
  }),
})

type Body = z.output<typeof v1alpha1>

export const POLICY_TEST = defineKind<Body, PolicyTestIntent>({
  group: 'plumbline.dev',
  kind: 'PolicyTest',
  plural: 'policytests',
  summary: 'What must hold of who may call what; a commit that breaks one is refused',
  namespaced: true,
  applied: false,
  actsOnNamespace: false,
  versions: [canonicalVersion('v1alpha1', v1alpha1)],
  read(declaration) {
    const { id, location, body, place } = declaration
    return {
      part: {
        id,
        location,
        cases: (body.spec.cases ?? []).map((written, index) =>
          toCase(written, place.locate(['spec', 'cases', index])),
        ),
        invariants: (body.spec.invariants ?? []).map((written, index) =>
          toInvariant(written, place.locate(['spec', 'invariants', index])),
        ),
      },
      problems: [...judgeNames(declaration), ...judgeEmpty(declaration)],
    }
  },
  link: (part, { key }) => ({
    problems: [],
    contribute: (draft) => draft.policyTests.set(key, part),
  }),
})

/** The relation is over paths without a query, as Envoy's is. */
function judgeRequestPath(path: string): ProblemText | undefined {
  if (/^\/[^?#]*$/.test(path)) return undefined
  return {
    code: 'PLB0575',
    message: `the path ${JSON.stringify(shorten(path))} is not that of a request: it begins with "/" and has no query`,
    fix: `write ${JSON.stringify(shorten(`/${path.replace(/^\/+/, '').replace(/[?#].*$/s, '')}`))}`,
  }
}

function toCase(
  { name: title, from, to, request, expect }: z.output<typeof testCase>,
  location: PolicyTestCase['location'],
): PolicyTestCase {
  return {
    name: title,
    from: { namespace: from.namespace, name: from.serviceAccount },
    to: {
      service: { namespace: to.namespace, name: to.service },
      ...(to.port !== undefined && { port: to.port }),
    },
    ...(request && {
      request: {
        method: request.method,
        path: request.path,
        headers: Object.fromEntries(
          Object.entries(request.headers ?? {}).map(([header, value]) => [
            header.toLowerCase() === 'host' ? ':authority' : header.toLowerCase(),
            value,
          ]),
        ),
      },
    }),
    expect,
    location,
  }
}

function toInvariant(
  { name: title, to, onlyFrom }: z.output<typeof invariant>,
  location: PolicyInvariant['location'],
): PolicyInvariant {
  return {
    name: title,
    to: {
      namespace: to.namespace,
      ...(to.service !== undefined && { service: to.service }),
      ...(to.port !== undefined && { port: to.port }),
    },
    onlyFrom: onlyFrom.map(({ namespace, serviceAccount }) => ({
      namespace,
      ...(serviceAccount !== undefined && { serviceAccount }),
    })),
    location,
  }
}

/** A report names the case that failed, so two of one name cannot be told apart. */
function judgeNames({ body, place }: Declaration<Body>): readonly Problem[] {
  const seen = new Map<string, readonly (string | number)[]>()
  const named = [
    ...(body.spec.cases ?? []).map((one, index) => ({ one, path: ['spec', 'cases', index] })),
    ...(body.spec.invariants ?? []).map((one, index) => ({
      one,
      path: ['spec', 'invariants', index],
    })),
  ]
  return named.flatMap(({ one, path }) => {
    const first = seen.get(one.name)
    if (first === undefined) {
      seen.set(one.name, path)
      return []
    }
    return [
      place.problem([...path, 'name'], {
        code: 'PLB0576',
        message: `${JSON.stringify(shorten(one.name))} is the name of another case of this PolicyTest`,
        fix: 'give each a name of its own, as a sentence that says what must hold',
        related: [place.locate(first)],
      }),
    ]
  })
}

function judgeEmpty({ body, place }: Declaration<Body>): readonly Problem[] {
  const { cases = [], invariants = [] } = body.spec
  if (cases.length + invariants.length > 0) return []
  return [
    place.problem(['spec'], {
      code: 'PLB0316',
      message: 'the PolicyTest has neither cases nor invariants, so it tests nothing',
      fix: 'add a case or an invariant',
    }),
  ]
}
