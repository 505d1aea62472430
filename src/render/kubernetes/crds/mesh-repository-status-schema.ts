/** The status of a MeshRepository as the API server explains it (`kubectl explain meshrepository.status`). */
import type { JsonSchema } from '../../../policy/json-schema.ts'

function text(description?: string): JsonSchema {
  return { ...(description !== undefined && { description }), type: 'string' }
}

function whole(description?: string): JsonSchema {
  return { ...(description !== undefined && { description }), type: 'integer' }
}

function list(description: string, items: JsonSchema): JsonSchema {
  return { description, type: 'array', 'x-kubernetes-list-type': 'atomic', items }
}

function mapping(description: string | undefined, properties: JsonSchema): JsonSchema {
  return { ...(description !== undefined && { description }), type: 'object', properties }
}

const TIME = { type: 'string', format: 'date-time' } as const

const STATION = {
  commit: text('The last commit that reached it.'),
  at: { description: 'When it did.', ...TIME },
  errors: list('What keeps newer commits from it: the first ten.', {
    type: 'object',
    properties: {
      code: text('As PLB0301, or what git or the cluster calls the failure.'),
      message: text(),
      location: text('As bookstore/access.yaml:12:5.'),
    },
  }),
  errorCount: whole('How many there are altogether.'),
} as const

const CONDITION: JsonSchema = {
  type: 'object',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    type: text('Ready, Reconciling or Stalled.'),
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: text(),
    message: text(),
    observedGeneration: whole(),
    lastTransitionTime: TIME,
  },
}

export const MESH_REPOSITORY_STATUS: JsonSchema = mapping(
  'How far the repository is, and what is in its way. Written by the control plane.',
  {
    observedGeneration: whole('Of the spec that all of this is about.'),
    conditions: {
      description: 'Ready always; Reconciling and Stalled only while they are true.',
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: CONDITION,
    },
    commit: text('The commit that is being enforced, or is: the pinned one, or the newest.'),
    commitShort: text('Its first seven digits.'),
    subject: text('The first line of its message.'),
    sourced: mapping('Read from git: what the ref names, with a pin, too.', STATION),
    validated: mapping('Without a problem in any document, and its policy tests pass.', STATION),
    applied: mapping('Stored in the cluster.', STATION),
    enforced: mapping('Every proxy that it touches has ACKed it.', {
      ...STATION,
      touched: whole('Connected proxies whose configuration the newest applied commit changes.'),
      acked: whole('Those that have ACKed all of it.'),
      nacked: whole('Those that have NACKed some of it.'),
      summary: text('ACKed of touched, as 3/4.'),
    }),
    history: list('The last ten commits, newest first.', {
      type: 'object',
      properties: {
        commit: text(),
        subject: text(),
        author: text(),
        state: text(
          'sourced, validated, applied, enforced, rejected, stalled, failed, waiting or superseded.',
        ),
        sourcedAt: TIME,
        enforcedAt: TIME,
      },
    }),
    inventory: mapping('What is in the cluster of it.', { objects: whole() }),
    proxies: mapping('Of the whole mesh: pods with a proxy, and those connected.', {
      known: whole(),
      connected: whole(),
    }),
    pin: mapping('What is known of spec.pin.', {
      state: text('Holds or Over.'),
      commit: text(),
      insteadOf: text(),
      reason: text(),
      expiresAt: TIME,
      overBecause: text('NewCommit or Expired.'),
    }),
    drift: mapping('Changes that others made to its objects.', {
      total: whole('Since the control plane started.'),
      last: list('The last five, newest first.', {
        type: 'object',
        properties: {
          object: text(),
          managers: { type: 'array', items: { type: 'string' } },
          fields: { type: 'array', items: { type: 'string' } },
          action: text('restored, recreated or reported.'),
          effect: text('What the change would have meant, had it been the commit.'),
          isFight: { type: 'boolean' },
          at: TIME,
        },
      }),
    }),
    lastHandledReconcileAt: text(
      'The value of the annotation plumbline.dev/reconcile-requested-at whose pass has ended.',
    ),
  },
)
