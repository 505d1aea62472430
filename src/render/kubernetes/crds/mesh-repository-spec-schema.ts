/**
 * What the API server takes as the spec of a MeshRepository. It is written by hand into a cluster, so it is judged there, too:
 * what can be said at once is said to whoever types it. Structural, and cheap enough for CEL: every text and list is bounded.
 */
import type { JsonSchema } from '../../../policy/json-schema.ts'

interface Rule {
  readonly rule: string
  readonly message: string
}

interface TextTraits {
  readonly max: number
  readonly rules?: readonly Rule[]
  readonly default?: string
}

const DNS_NAME = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'
const SPAN_RULE: Rule = {
  rule: "self.matches('^([0-9]+(ms|s|m|h|d))+$')",
  message: 'write a span from 1s to 7d, such as 30s, 5m or 1h30m',
}
const SHA_RULE: Rule = {
  rule: "self.matches('^([0-9a-f]{40}|[0-9a-f]{64})$')",
  message: 'write all 40 digits of a commit, in lowercase',
}

function text(description: string, { max, rules, ...rest }: TextTraits): JsonSchema {
  return { description, type: 'string', minLength: 1, maxLength: max, ...validated(rules), ...rest }
}

function flag(description: string, value: boolean): JsonSchema {
  return { description, type: 'boolean', default: value }
}

function whole(description: string, range: JsonSchema): JsonSchema {
  return { description, type: 'integer', ...range }
}

function mapping(
  description: string,
  properties: JsonSchema,
  traits: { readonly required?: readonly string[]; readonly rules?: readonly Rule[] } = {},
): JsonSchema {
  const { required, rules } = traits
  return {
    description,
    type: 'object',
    ...(required && { required }),
    ...validated(rules),
    properties,
  }
}

function validated(rules: readonly Rule[] | undefined): JsonSchema {
  return rules === undefined ? {} : { 'x-kubernetes-validations': rules }
}

function nameOf(what: string): JsonSchema {
  const rule = `self.matches('${DNS_NAME}')`
  const message = `write the name of a ${what}: lowercase letters, digits, "-" and "."`
  return text(`The name of the ${what}.`, { max: 253, rules: [{ rule, message }] })
}

export const MESH_REPOSITORY_SPEC: JsonSchema = mapping(
  'Which policy repository is followed, and how far it reaches.',
  {
    url: text('The https:// address of the repository.', {
      max: 2_048,
      rules: [
        {
          rule: "self.matches('^https://[^/]') || self.matches('^http://(localhost|127[.][0-9.]+|[[]::1[]])(:[0-9]+)?(/|$)')",
          message:
            'write the https:// address of the repository; http:// is read from the loopback only, and SSH is not',
        },
        {
          rule: "!self.matches('^[a-z]+://[^/]*@')",
          message:
            'leave out the user name and the password, and put them into the Secret of secretRef',
        },
      ],
    }),
    ref: text('The branch, tag or commit to follow.', {
      max: 256,
      rules: [
        {
          rule: "!self.matches('^-|[.][.]|[[:space:]~^:?*]')",
          message:
            'write a branch, a tag, a full name such as refs/heads/main, or all 40 digits of a commit',
        },
      ],
      default: 'main',
    }),
    path: text('The folder of the repository that holds the policies; all of it when absent.', {
      max: 1_024,
      rules: [
        {
          rule: "!self.matches('(^|/)[.][.](/|$)')",
          message: 'name a folder from the root of the repository, without ..',
        },
      ],
    }),
    interval: text(
      'How often the repository is looked at, as 30s or 5m; 30s when absent. Or see schedule.',
      {
        max: 32,
        rules: [SPAN_RULE],
      },
    ),
    schedule: text(
      'When the repository is looked at, as a cron expression (UTC). Or see interval.',
      {
        max: 128,
      },
    ),
    timeout: text('The time limit of one git operation; at most 1h.', {
      max: 32,
      rules: [SPAN_RULE],
      default: '60s',
    }),
    secretRef: mapping(
      'The Secret of the same namespace that opens the repository: with username and password, or bearerToken.',
      { name: nameOf('Secret') },
      { required: ['name'] },
    ),
    namespaces: {
      description:
        'The namespaces that its objects may be in and that it may enroll; all of them when absent. No two MeshRepositories may have one in common: the younger is refused.',
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      'x-kubernetes-list-type': 'set',
      ...validated([
        {
          rule: "self.all(one, one.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))",
          message: 'write names of namespaces: lowercase letters, digits and "-"',
        },
      ]),
      items: { type: 'string', maxLength: 63 },
    },
    prune: {
      ...mapping('What becomes of objects that leave the repository.', {
        enabled: flag('Whether they are deleted.', true),
        limit: {
          ...mapping(
            'More than this in one commit is pruned only when the message of the commit allows it (Plumbline-Allow-Prune).',
            {
              objects: whole('So many objects.', { minimum: 0, maximum: 1_000_000, default: 10 }),
              percent: whole('This share of what the repository owns.', {
                ...{ minimum: 0, maximum: 100, default: 25 },
              }),
            },
          ),
          default: {},
        },
      }),
      default: {},
    },
    drift: {
      ...mapping('What becomes of changes that somebody makes to its objects in the cluster.', {
        mode: {
          description:
            'correct: they are put back within a second. report: they are told of and left.',
          type: 'string',
          enum: ['correct', 'report'],
          default: 'correct',
        },
      }),
      default: {},
    },
    suspend: flag(
      'Nothing is read, written or put back any more; proxies keep what they were told last.',
      false,
    ),
    createNamespaces: flag(
      'Whether namespaces that its objects need are created; otherwise they are waited for.',
      true,
    ),
    serviceAccountName: text(
      'The service account of the same namespace in whose name its objects are written; the own one of the control plane when absent.',
      {
        max: 253,
        rules: [
          {
            rule: `self.matches('${DNS_NAME}')`,
            message: 'write the name of a ServiceAccount: lowercase letters, digits, "-" and "."',
          },
        ],
      },
    ),
    dependsOn: {
      description: 'MeshRepositories that have to be applied before each pass of this one.',
      type: 'array',
      maxItems: 64,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: nameOf('MeshRepository') },
      },
    },
    pin: mapping(
      'A rollback: an older commit in place of the one that the ref names. It is over when the ref names another commit, or at expiresAt. `plumb rollback` writes it.',
      {
        commit: text('The commit to go back to.', { max: 64, rules: [SHA_RULE] }),
        insteadOf: text('What the ref names now: once it names another, the pin is over.', {
          max: 64,
          rules: [SHA_RULE],
        }),
        reason: text('Why, for whoever reads the status.', { max: 1_024 }),
        expiresAt: {
          description: 'When the pin is over, as 2026-11-30T18:00:00Z; never when absent.',
          type: 'string',
          format: 'date-time',
          maxLength: 64,
        },
      },
      { required: ['commit', 'insteadOf'] },
    ),
  },
  {
    required: ['url'],
    rules: [
      {
        rule: '!has(self.interval) || !has(self.schedule)',
        message: 'interval and schedule are both written; keep one of them',
      },
    ],
  },
)
