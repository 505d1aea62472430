/** HTTPRouteGroup: named matches of HTTP requests, which TrafficTargets, TrafficSplits and Egresses refer to. */
import { z } from 'zod'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { Problem } from '../../model/problem.ts'
import { type HeaderMatch, HTTP_METHODS, type HttpMatch } from '../intent/http-match.ts'
import { headersField, readHeaders } from './fields/headers.ts'
import { pattern } from './fields/pattern.ts'
import { judgePathPattern } from './fields/unmatchable-path.ts'
import {
  canonicalVersion,
  type Declaration,
  defineKind,
  olderVersion,
  type Read,
} from './kind-definition.ts'
import { pathRegexSlot } from './slots.ts'

const methods = z.array(z.enum(['*', ...HTTP_METHODS])).optional()
const plainMatch = z.strictObject({
  name: z.string().min(1),
  pathRegex: pattern.optional(),
  methods,
})
const match = z.strictObject({ ...plainMatch.shape, headers: headersField.optional() })

const matches = z.array(match).min(1)
const v1alpha4 = z.strictObject({ spec: z.strictObject({ matches }) })
const v1alpha2 = z.strictObject({ matches })
const v1alpha1 = z.strictObject({ matches: z.array(plainMatch).min(1) })

type Body = z.output<typeof v1alpha4>
type Match = Body['spec']['matches'][number]

/** As much of a group, in any version, as its match names rest on. */
const namedMatches = z.array(z.looseObject({ name: z.string() }))
const writtenGroup = z.union([
  z.looseObject({ spec: z.looseObject({ matches: namedMatches }) }).transform(({ spec }) => spec),
  z.looseObject({ matches: namedMatches }),
])

/** The match names of a group that has mistakes elsewhere; `undefined` where even they cannot be told. */
export function writtenMatchNames(written: unknown): readonly string[] | undefined {
  const read = writtenGroup.safeParse(written)
  return read.success ? read.data.matches.map(({ name }) => name) : undefined
}

export type RouteGroup = ReadonlyMap<string, HttpMatch>

export const HTTP_ROUTE_GROUP = defineKind<Body, RouteGroup>({
  group: 'specs.smi-spec.io',
  kind: 'HTTPRouteGroup',
  plural: 'httproutegroups',
  summary: 'Named matches of HTTP requests: path, methods, headers',
  namespaced: true,
  actsOnNamespace: true,
  onlyReferredTo: true,
  versions: [
    canonicalVersion('v1alpha4', v1alpha4),
    canonicalVersion('v1alpha3', v1alpha4),
    olderVersion('v1alpha2', v1alpha2, (body) => ({ body: { spec: body } }), [
      [['spec', 'matches'], ['matches']],
    ]),
    olderVersion('v1alpha1', v1alpha1, (body) => ({ body: { spec: body } }), [
      [['spec', 'matches'], ['matches']],
    ]),
  ],
  read,
  link: () => ({ problems: [], contribute: () => undefined }),
})

function read(declaration: Declaration<Body>): Read<RouteGroup> {
  const problems: Problem[] = []
  const group = new Map<string, HttpMatch>()
  declaration.body.spec.matches.forEach((written, index) => {
    const first = group.get(written.name)
    const { found, problems: mistakes } = readMatch(declaration, written, index)
    problems.push(...mistakes)
    if (first === undefined) group.set(written.name, found)
    else problems.push(namedTwice(declaration, written, index, first))
  })
  const paths = new Set(Array.from(group.values(), ({ pathRegex }) => pathRegex))
  const { namespace } = declaration.id
  return {
    part: group,
    problems,
    applied: toApplied(declaration, group),
    claims: Array.from(paths, (path) => ({ slot: pathRegexSlot(namespace, path) })),
  }
}

function readMatch(
  declaration: Declaration<Body>,
  written: Match,
  index: number,
): { found: HttpMatch; problems: readonly Problem[] } {
  const path = ['spec', 'matches', index]
  const { headers, problems } = readHeaders(
    written.headers,
    [...path, 'headers'],
    declaration.place,
  )
  const named = new Set(written.methods ?? [])
  return {
    found: {
      group: declaration.id,
      name: written.name,
      pathRegex: written.pathRegex || '.*',
      methods:
        named.size === 0 || named.has('*')
          ? '*'
          : HTTP_METHODS.filter((method) => named.has(method)).sort(byCodeUnit),
      headers,
      location: declaration.place.locate(path),
    },
    problems: [...problems, ...pathWarnings(declaration, written, index)],
  }
}

function pathWarnings(
  declaration: Declaration<Body>,
  written: Match,
  index: number,
): readonly Problem[] {
  const path = ['spec', 'matches', index, 'pathRegex']
  if (written.pathRegex === '')
    return [
      declaration.place.problem(path, {
        code: 'PLB0512',
        message: 'pathRegex is empty, and matches any path, as when left out',
        fix: 'write ".*", or the path that is meant',
      }),
    ]
  const text = written.pathRegex === undefined ? undefined : judgePathPattern(written.pathRegex)
  return text === undefined ? [] : [declaration.place.problem(path, text)]
}

function namedTwice(
  declaration: Declaration<Body>,
  written: Match,
  index: number,
  first: HttpMatch,
): Problem {
  return declaration.place.problem(['spec', 'matches', index, 'name'], {
    code: 'PLB0515',
    message: `a second match of this group is named ${JSON.stringify(written.name)}, so a rule that names it is ambiguous`,
    fix: 'give each match a name of its own',
    related: [first.location],
  })
}

/** Headers in the list form, which the API server's schema for this kind wants; all else as written. */
function toApplied(declaration: Declaration<Body>, group: RouteGroup): Record<string, unknown> {
  return {
    spec: {
      matches: declaration.body.spec.matches.map(({ headers: _, ...written }) => {
        const headers = group.get(written.name)?.headers ?? []
        return headers.length === 0 ? written : { ...written, headers: headers.map(toEntry) }
      }),
    },
  }
}

function toEntry({ name, valueRegex }: HeaderMatch): Readonly<Record<string, string>> {
  return { [name === ':authority' ? 'host' : name]: valueRegex }
}
