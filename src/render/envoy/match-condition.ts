/** One match of a policy, as a route reads it and as RBAC reads it. Both must agree on every request: see the property test. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { PermissionSchema } from '../../generated/envoy/config/rbac/v3/rbac_pb.js'
import type {
  HeaderMatcherSchema,
  RouteMatchSchema,
} from '../../generated/envoy/config/route/v3/route_components_pb.js'
import type { RegexMatcherSchema } from '../../generated/envoy/type/matcher/v3/regex_pb.js'
import type { StringMatcherSchema } from '../../generated/envoy/type/matcher/v3/string_pb.js'
import type { MatchCondition } from '../mesh/mesh-snapshot.ts'

/** Every request, whatever its path and method. */
export const ANY_REQUEST: MatchCondition = { pathRegex: '.*', methods: '*', headers: [] }

type RouteMatch = MessageInitShape<typeof RouteMatchSchema>
type Permission = MessageInitShape<typeof PermissionSchema>
type StringPattern = NonNullable<
  Exclude<MessageInitShape<typeof StringMatcherSchema>, { $typeName: string }>['matchPattern']
>
type HeaderMatcher = MessageInitShape<typeof HeaderMatcherSchema>

/** A pattern matches in full (D18), and a path is matched without its query. */
function regex(pattern: string): MessageInitShape<typeof RegexMatcherSchema> {
  return { regex: pattern }
}

function headerMatcher(name: string, pattern: string): HeaderMatcher {
  return {
    name,
    headerMatchSpecifier: {
      case: 'stringMatch',
      value: { matchPattern: headerPattern(pattern) },
    },
  }
}

/** Envoy takes no empty pattern; what it would match in full is the empty value. */
function headerPattern(pattern: string): StringPattern {
  if (pattern === '') return { case: 'exact', value: '' }
  return { case: 'safeRegex', value: regex(pattern) }
}

function methodPatterns(methods: MatchCondition['methods']): readonly string[] {
  return methods === '*' ? ['.*'] : methods
}

/** One for each method. */
export function toRouteMatches({ pathRegex, methods, headers }: MatchCondition): RouteMatch[] {
  return methodPatterns(methods).map((method) => ({
    pathSpecifier: { case: 'safeRegex', value: regex(pathRegex) },
    headers: [
      headerMatcher(':method', method),
      ...headers.map(({ name, valueRegex }) => headerMatcher(name, valueRegex)),
    ],
  }))
}

export function toPermission({ pathRegex, methods, headers }: MatchCondition): Permission {
  const path: Permission = {
    rule: {
      case: 'urlPath',
      value: {
        rule: {
          case: 'path',
          value: { matchPattern: { case: 'safeRegex', value: regex(pathRegex) } },
        },
      },
    },
  }
  const method = methods === '*' ? [] : [headerMatcher(':method', methods.join('|'))]
  const others = headers.map(({ name, valueRegex }) => headerMatcher(name, valueRegex))
  const rules = [...method, ...others].map(
    (header): Permission => ({ rule: { case: 'header', value: header } }),
  )
  return { rule: { case: 'andRules', value: { rules: [path, ...rules] } } }
}
