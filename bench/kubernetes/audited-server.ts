/** A real API server that writes down every call, and who made it: so nothing stands between it and whoever is measured. */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeControlPlane } from '../../test/real/kube/kube-control-plane.ts'

/** Each is a user of its own with every right, a context of the kubeconfig, and a name in the audit log. */
export const ACTORS = ['plumb', 'kubectl', 'editor'] as const
export type Actor = (typeof ACTORS)[number]

/** A dry run is one of its own, whatever its verb. */
export type Verb = 'get' | 'list' | 'watch' | 'dry run' | 'apply' | 'create' | 'update' | 'delete'
export type CallCount = Readonly<Partial<Record<Verb | 'lease', number>>>

interface AuditEvent {
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username: string }
  readonly objectRef?: { readonly resource?: string }
}

/** Each call once, when it has been answered, or when a watch has begun. */
const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', users: ACTORS.map(toUser) }, { level: 'None' }],
}

export class AuditedServer {
  readonly kube: KubeControlPlane
  readonly #folder: string

  private constructor(kube: KubeControlPlane, folder: string) {
    this.kube = kube
    this.#folder = folder
  }

  static async start(): Promise<AuditedServer> {
    const folder = await mkdtemp(join(tmpdir(), 'plumbline-audit-'))
    const [policy, log] = [join(folder, 'policy.json'), join(folder, 'audit.log')]
    await writeFile(policy, JSON.stringify(POLICY))
    await writeFile(log, '')
    const kube = await KubeControlPlane.start({
      'audit-policy-file': policy,
      'audit-log-path': log,
    })
    const server = new AuditedServer(kube, folder)
    for (const actor of ACTORS) await server.#welcome(actor)
    return server
  }

  /** Every call that the actor makes while `action` runs, by verb. */
  async countCalls<T>(
    actor: Actor,
    action: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly calls: CallCount }> {
    const before = await this.#readLog(0)
    const result = await action()
    const { text } = await this.#readLog(before.bytes)
    const calls: Partial<Record<Verb | 'lease', number>> = {}
    for (const line of text.split('\n').filter((one) => one.endsWith('}'))) {
      const event = JSON.parse(line) as AuditEvent
      if (event.user.username !== toUser(actor)) continue
      // A watch that ends is told of a second time.
      if (event.verb === 'watch' && line.includes('"stage":"ResponseComplete"')) continue
      const verb = toVerb(event)
      calls[verb] = (calls[verb] ?? 0) + 1
    }
    return { result, calls }
  }

  async stop(): Promise<void> {
    await this.kube.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #readLog(from: number): Promise<{ readonly text: string; readonly bytes: number }> {
    const file = await open(join(this.#folder, 'audit.log'))
    try {
      const { size } = await file.stat()
      const { buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
      return { text: buffer.toString('utf8'), bytes: size }
    } finally {
      await file.close()
    }
  }

  async #welcome(actor: Actor): Promise<void> {
    const { kube } = this
    await kube.kubectl(['create', 'serviceaccount', actor, '-n', 'default'])
    const account = `--serviceaccount=default:${actor}`
    const role = '--clusterrole=cluster-admin'
    await kube.kubectl(['create', 'clusterrolebinding', `bench-${actor}`, role, account])
    const token = await kube.kubectl(['create', 'token', actor, '-n', 'default', '--duration=10h'])
    await kube.kubectl(['config', 'set-credentials', actor, `--token=${token}`])
    await kube.kubectl(['config', 'set-context', actor, '--cluster=test', `--user=${actor}`])
  }
}

/** How many of the calls write. */
export function writesOf(calls: CallCount): number {
  const verbs = ['apply', 'create', 'update', 'delete'] as const
  return verbs.reduce((sum, verb) => sum + (calls[verb] ?? 0), 0)
}

/** How many of the calls only read; a dry run is one of them, a watch that goes on is none. */
export function readsOf(calls: CallCount): number {
  const verbs = ['get', 'list', 'watch', 'dry run'] as const
  return verbs.reduce((sum, verb) => sum + (calls[verb] ?? 0), 0)
}

function toUser(actor: Actor): string {
  return `system:serviceaccount:default:${actor}`
}

function toVerb({ verb, requestURI, objectRef }: AuditEvent): Verb | 'lease' {
  if (objectRef?.resource === 'leases') return 'lease'
  if (requestURI.includes('dryRun=All')) return 'dry run'
  return verb === 'patch' ? 'apply' : (verb as Verb)
}
