/** Leaves a second of CPU time from the built-in authority, beside the floor: making a key and signing as many bytes, and nothing else. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { CertificateAuthority, SigningRequest } from '../src/ca/certificate-authority.ts'
import { openBuiltInAuthority } from '../src/ca/certificate-authority-builtin.ts'
import { issueVerified } from '../src/ca/issue-verified.ts'
import { SvidRotation } from '../src/ca/svid-rotation.ts'
import type { Clock, Instant } from '../src/model/clock.ts'
import type { Entropy } from '../src/model/entropy.ts'
import type { Logger } from '../src/model/logger.ts'
import { type SpiffeId, toTrustDomain } from '../src/model/spiffe-id.ts'

const ROUNDS = 7
const LEAVES = 2000
const TBS_BYTES = 420
const ROTATION = 'rotation, all proxies at once'
const DAY_MS = 86_400_000

const trustDomain = toTrustDomain('cluster.local')
const never = new AbortController().signal
const silent = (): void => undefined
const log: Logger = { debug: silent, info: silent, warn: silent, error: silent }
const entropy: Entropy = { bytes: (length) => randomBytes(length) }
const clock: Clock = {
  now: () => Date.now() as Instant,
  monotonic: () => performance.now(),
  sleep: (span, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, span).unref()
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    }),
}

function newKey() {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...keys, keyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) }
}

function aRequest(): SigningRequest {
  return {
    spiffeId: 'spiffe://cluster.local/ns/bookstore/sa/bookstore' as SpiffeId,
    dnsSans: ['bookstore.bookstore.cluster.local'],
    publicKey: newKey().publicKey,
    validityMs: DAY_MS,
  }
}

type Round = () => Promise<void>

function floor(): Round {
  const root = newKey().privateKey
  const tbs = randomBytes(TBS_BYTES)
  return async () => {
    for (let leaf = 0; leaf < LEAVES; leaf++) {
      newKey()
      sign('sha256', tbs, root)
    }
  }
}

function issued(authority: CertificateAuthority): Round {
  return async () => {
    for (let leaf = 0; leaf < LEAVES; leaf++) await authority.issue(aRequest(), never)
  }
}

function verified(authority: CertificateAuthority): Round {
  return async () => {
    for (let leaf = 0; leaf < LEAVES; leaf++)
      await issueVerified({ authority, clock }, aRequest(), never)
  }
}

/** As when the control plane restarts: every proxy asks at once. */
function rotated(authority: CertificateAuthority): Round {
  const options = { authority, trustDomain, clock, entropy, log, validityMs: () => DAY_MS }
  return async () => {
    const rotation = new SvidRotation(options)
    const done = new AbortController()
    const account = { namespace: 'bookstore', name: 'bookstore' }
    await Promise.all(
      Array.from({ length: LEAVES }, (_, index) =>
        rotation.svid({ account, proxyUid: `p${index}` }, silent, done.signal),
      ),
    )
    done.abort()
  }
}

/** By CPU time, not by the wall clock: what else the machine does is not ours to count. */
async function perCpuSecond(round: Round): Promise<number> {
  const started = process.cpuUsage()
  await round()
  const { user, system } = process.cpuUsage(started)
  return (LEAVES / (user + system)) * 1e6
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

const authority = await openBuiltInAuthority({
  store: { load: async () => undefined, create: async () => 'created' },
  trustDomain,
  clock,
  entropy,
  log,
})
const subjects = {
  'floor: key, PEM of it, one signature': floor(),
  'issue, with a new key': issued(authority),
  'issue and verify, with a new key': verified(authority),
  [ROTATION]: rotated(authority),
}
const rates = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]))
let longestStallMs = 0
// Rounds take turns, so that a slow minute of the machine is everybody's; the first warms up and does not count.
for (let round = 0; round <= ROUNDS; round++)
  for (const [name, subject] of Object.entries(subjects)) {
    const stalls = monitorEventLoopDelay({ resolution: 1 })
    stalls.enable()
    const rate = await perCpuSecond(subject)
    stalls.disable()
    if (round === 0) continue
    rates.get(name)?.push(rate)
    if (name === ROTATION) longestStallMs = Math.max(longestStallMs, stalls.max / 1e6)
  }

const [base = 1] = [...rates.values()].map(median)
console.log(
  `P-256, ${LEAVES} leaves a round, ${ROUNDS} rounds, leaves per CPU second, Node ${process.version}`,
)
for (const [name, list] of rates) {
  const [low, high] = [Math.min(...list), Math.max(...list)].map(Math.round)
  const ratio = (base / median(list)).toFixed(2)
  console.log(
    `${name.padEnd(40)} ${Math.round(median(list))}  [${low}-${high}]  ${ratio} x the floor's time`,
  )
}
console.log(`longest stall of the event loop during rotation: ${longestStallMs.toFixed(1)} ms`)
