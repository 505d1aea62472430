/** Reads a MeshRepository into what is asked of us. All mistakes are told, each with its path, what was found and how to mend it. */
import type { Instant, Ms } from '../../model/clock.ts'
import { type CommitSha, isCommitSha } from '../../model/commit-sha.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { isDnsLabel, isDnsSubdomain } from '../../policy/kinds/fields/names.ts'
import { parseRefName } from '../git/ref-name.ts'
import { parseRepositoryUrl } from '../git/repository-url.ts'
import { DEFAULT_PRUNE_LIMITS, type PruneLimits } from '../plan/prune-guard.ts'
import { parseSchedule, type Schedule } from '../schedule.ts'
import { type FieldReader, readFields } from './read-fields.ts'
import type { Pin, RepositorySpec } from './repository-spec.ts'

/** Owner marks carry the name as a label value. */
const MAX_NAME = 63
const DEFAULT_REF = 'main'
const DEFAULT_SCHEDULE: Schedule = { type: 'every', intervalMs: 30_000 }
const DEFAULT_TIMEOUT_MS: Ms = 60_000
const LONGEST_TIMEOUT_MS: Ms = 3_600_000
const SPEC_FIELDS: readonly string[] = [
  ...['url', 'ref', 'path', 'interval', 'schedule', 'timeout', 'secretRef', 'namespaces', 'prune'],
  ...['drift', 'suspend', 'createNamespaces', 'serviceAccountName', 'dependsOn', 'pin'],
]

export interface ReadingOptions {
  /** Whether `url` may be a folder of the machine that the control plane runs on: with the embedded cluster alone. */
  readonly localRepositories?: boolean
}

/** The errors are sentences such as `spec.ref is ""; write text that is not empty`. */
export function readMeshRepository(
  object: KubernetesObject,
  options: ReadingOptions = {},
): Result<RepositorySpec, readonly string[]> {
  const errors: string[] = []
  const { name } = object.metadata
  if (name.length > MAX_NAME)
    errors.push(
      `metadata.name has ${name.length} characters, and owner marks carry it as a label value; use at most ${MAX_NAME}`,
    )
  const spec = readSpec(name, readFields(object['spec'], 'spec', SPEC_FIELDS, errors), options)
  return errors.length > 0 ? err(errors) : ok(spec)
}

/** Says what is wrong through the reader; the result counts only when nothing was said. */
function readSpec(name: string, fields: FieldReader, options: ReadingOptions): RepositorySpec {
  return {
    name,
    url: readUrl(fields, options),
    ref: readRef(fields),
    path: readPath(fields),
    schedule: readSchedule(fields),
    timeoutMs: readTimeout(fields),
    credentialsSecret: readName(fields.mapping('secretRef', ['name']), 'Secret'),
    namespaces: readNamespaces(fields),
    ...readPrune(fields),
    drift: fields.mapping('drift', ['mode'])?.choice('mode', ['correct', 'report']) ?? 'correct',
    suspend: fields.flag('suspend') ?? false,
    createNamespaces: fields.flag('createNamespaces') ?? true,
    serviceAccount: readServiceAccount(fields),
    dependsOn: readDependencies(name, fields),
    pin: readPin(fields),
  }
}

function readUrl(fields: FieldReader, { localRepositories = false }: ReadingOptions): string {
  if (!fields.has('url'))
    fields.say('url', 'is missing; write the https:// address of the repository')
  const text = fields.text('url')
  if (text === undefined) return ''
  const address = parseRepositoryUrl(text)
  if (!address.ok) {
    fields.say('url', `cannot be used: ${address.error}`)
    return ''
  }
  if (address.value.type === 'local') {
    if (localRepositories) return address.value.path
    fields.say(
      'url',
      `is ${JSON.stringify(text)}, and a cluster has no folders; write the https:// address of the repository`,
    )
    return ''
  }
  if (!isSecure(address.value.url))
    fields.say(
      'url',
      `is ${address.value.url}, and http: lets anybody on the way change the policies; write https://, or an address of the loopback`,
    )
  return address.value.url
}

/** A commit decides who may call whom: it is not read over a wire that others can write to. */
function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

function readRef(fields: FieldReader): string {
  const ref = fields.text('ref') ?? DEFAULT_REF
  const parsed = parseRefName(ref)
  if (!parsed.ok) fields.say('ref', `cannot be used: ${parsed.error}`)
  return ref
}

function readPath(fields: FieldReader): string {
  const text = fields.text('path') ?? ''
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..'))
    fields.say(
      'path',
      `is ${JSON.stringify(text)}, and has ..; name a folder from the root of the repository`,
    )
  return parts.join('/')
}

function readSchedule(fields: FieldReader): Schedule {
  const [interval, text] = [fields.text('interval'), fields.text('schedule')]
  if (interval !== undefined && text !== undefined) {
    fields.say('interval', 'is written, and spec.schedule as well; keep one of them')
    return DEFAULT_SCHEDULE
  }
  if (interval !== undefined) {
    const intervalMs = readSpan(fields, 'interval', interval)
    return intervalMs === undefined ? DEFAULT_SCHEDULE : { type: 'every', intervalMs }
  }
  if (text === undefined) return DEFAULT_SCHEDULE
  const schedule = parseSchedule(text)
  if (schedule.ok) return schedule.value
  fields.say('schedule', `cannot be used: ${schedule.error}`)
  return DEFAULT_SCHEDULE
}

function readTimeout(fields: FieldReader): Ms {
  const text = fields.text('timeout')
  if (text === undefined) return DEFAULT_TIMEOUT_MS
  const timeoutMs = readSpan(fields, 'timeout', text)
  if (timeoutMs !== undefined && timeoutMs > LONGEST_TIMEOUT_MS)
    fields.say('timeout', `is ${JSON.stringify(text)}; write at most 1h`)
  return timeoutMs ?? DEFAULT_TIMEOUT_MS
}

function readSpan(fields: FieldReader, name: string, text: string): Ms | undefined {
  const schedule = parseSchedule(text)
  if (schedule.ok && schedule.value.type === 'every' && !text.includes('@'))
    return schedule.value.intervalMs
  fields.say(
    name,
    `is ${JSON.stringify(text)}; write a span from 1s to 7d, such as 30s, 5m or 1h30m`,
  )
  return undefined
}

function readName(fields: FieldReader | undefined, what: string): string | undefined {
  const name = fields?.text('name')
  if (fields === undefined) return undefined
  if (name === undefined && !fields.has('name'))
    fields.say('name', `is missing; write the name of the ${what}`)
  if (name !== undefined && !isDnsSubdomain(name))
    fields.say(
      'name',
      `is ${JSON.stringify(name)}, which names no ${what}; use lowercase letters, digits, "-" and "."`,
    )
  return name
}

function readServiceAccount(fields: FieldReader): string | undefined {
  const name = fields.text('serviceAccountName')
  if (name !== undefined && !isDnsSubdomain(name))
    fields.say(
      'serviceAccountName',
      `is ${JSON.stringify(name)}, which names no ServiceAccount; use lowercase letters, digits, "-" and "."`,
    )
  return name
}

function readNamespaces(fields: FieldReader): readonly string[] | undefined {
  const names = fields.texts('namespaces')
  if (names?.length === 0)
    fields.say(
      'namespaces',
      'is an empty list; name the namespaces, or leave it out for all of them',
    )
  for (const name of names ?? [])
    if (!isDnsLabel(name))
      fields.say(
        'namespaces',
        `has ${JSON.stringify(name)}, which names no namespace; use lowercase letters, digits and "-"`,
      )
  return names?.toSorted()
}

function readPrune(fields: FieldReader): {
  readonly prune: RepositorySpec['prune']
  readonly pruneLimits: PruneLimits
} {
  const prune = fields.mapping('prune', ['enabled', 'limit'])
  const limit = prune?.mapping('limit', ['objects', 'percent'])
  const { objects, share, free } = DEFAULT_PRUNE_LIMITS
  const percent = limit?.whole('percent', { from: 0, to: 100 })
  return {
    prune: (prune?.flag('enabled') ?? true) ? 'enabled' : 'disabled',
    pruneLimits: {
      objects: limit?.whole('objects', { from: 0, to: 1_000_000 }) ?? objects,
      share: percent === undefined ? share : percent / 100,
      free,
    },
  }
}

function readDependencies(name: string, fields: FieldReader): readonly string[] {
  const names = fields
    .mappings('dependsOn', ['name'])
    .flatMap((dependency) => readName(dependency, 'MeshRepository') ?? [])
  if (names.includes(name)) fields.say('dependsOn', 'names the repository itself; take that out')
  return [...new Set(names)]
}

function readPin(fields: FieldReader): Pin | undefined {
  const pin = fields.mapping('pin', ['commit', 'insteadOf', 'reason', 'expiresAt'])
  if (pin === undefined) return undefined
  const [commit, insteadOf] = [readSha(pin, 'commit'), readSha(pin, 'insteadOf')]
  const expiresAt = readMoment(pin, 'expiresAt')
  const reason = pin.text('reason') ?? ''
  return commit && insteadOf && { commit, insteadOf, reason, expiresAt }
}

function readSha(fields: FieldReader, name: string): CommitSha | undefined {
  const text = fields.text(name)
  if (text !== undefined && isCommitSha(text)) return text
  const found = text === undefined ? 'missing' : JSON.stringify(text)
  if (text !== undefined || !fields.has(name))
    fields.say(name, `is ${found}; write all 40 digits of a commit, in lowercase`)
  return undefined
}

/** RFC 3339, as `date-time` in the schema. */
function readMoment(fields: FieldReader, name: string): Instant | undefined {
  const text = fields.text(name)
  if (text === undefined) return undefined
  const isWritten = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(text)
  const moment = isWritten ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(moment)) return moment as Instant
  fields.say(name, `is ${JSON.stringify(text)}; write a moment such as 2026-11-30T18:00:00Z`)
  return undefined
}
