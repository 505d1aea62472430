/** Starts this program again inside the lab's outer namespaces, and recognises that it runs there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { type Isolation, unshareArgv } from './isolation.ts'
import { LabError } from './lab-error.ts'
import { type RelayAddress, takeConnections } from './relay.ts'

/** Carries `LabPlace` from the outer process to the inner one. */
const MARKER = 'PLUMBLINE_LAB'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const satisfies NodeJS.Signals[]

/**
 * The first process of the pid namespace has to collect every orphan, which Node does not do, so a shell stands there and ends
 * with the program. Job control is off, so the program's stdin would be /dev/null: descriptor 9 carries it past that.
 */
const INIT = 'exec 9<&0; "$@" <&9 9<&- & exec 9<&-; wait $!'

/** Where the inner process finds itself. */
export interface LabPlace {
  /** Tells one lab from another on the same machine. */
  readonly name: string
  readonly isolation: Isolation
  /** The network namespace of the host, which must not be touched. */
  readonly hostNetwork: string
}

export interface EnterLabOptions {
  readonly isolation: Isolation
  /** What to run inside: as a rule, the running Node and its own arguments. */
  readonly argv: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** Where connections go that the inner process offers (`offerConnections`), in the host's network. */
  readonly relayTo?: RelayAddress
}

/**
 * Runs `argv` in new namespaces, with this process's stdio, and resolves with its exit status. Signals sent to this process reach it.
 * When this process dies, however it dies, everything in the namespaces dies with it.
 */
export async function enterLab(options: EnterLabOptions): Promise<number> {
  const place: LabPlace = {
    name: `lab-${process.pid}`,
    isolation: options.isolation,
    hostNetwork: networkNamespace(),
  }
  const inner = [...unshareArgv(options.isolation), 'sh', '-c', INIT, 'plumbline-lab']
  // A session of its own: a terminal's Ctrl-C reaches this process only, which forwards it once.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...inner, ...options.argv], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...options.environment, [MARKER]: JSON.stringify(place) },
    detached: true,
  })
  if (options.relayTo) takeConnections(child, options.relayTo)
  const forward = (signal: NodeJS.Signals) => child.connected && child.send({ signal })
  for (const name of FORWARDED) process.on(name, forward)
  try {
    const [status] = (await once(child, 'exit')) as [number | null]
    return status ?? 137
  } finally {
    for (const name of FORWARDED) process.off(name, forward)
  }
}

/**
 * The place, when this process was started by `enterLab`; from then on it takes the outer process's signals as its own.
 * Throws `LabError` `NotInLab` when the environment says so and the network says otherwise: what the lab does to a network
 * must never happen to the host's.
 */
export function labPlace(environment: NodeJS.ProcessEnv): LabPlace | undefined {
  const marker = environment[MARKER]
  if (marker === undefined) return undefined
  const place = JSON.parse(marker) as LabPlace
  if (networkNamespace() === place.hostNetwork)
    throw new LabError(
      'NotInLab',
      `${MARKER} is set, but this process runs in the host's network namespace; unset ${MARKER} and start again`,
    )
  followOuter()
  return place
}

function followOuter(): void {
  if (process.listeners('message').includes(takeSignal)) return
  process.on('message', takeSignal)
  // The outer process can die before setpriv has tied this one's life to its own.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel?.unref()
}

function takeSignal(message: unknown): void {
  const { signal } = message as { readonly signal?: NodeJS.Signals }
  if (signal !== undefined) process.kill(process.pid, signal)
}

function networkNamespace(): string {
  return readlinkSync('/proc/self/ns/net')
}
