/**
 * Run by lab-network.test.ts as a program of its own: enters the lab, builds three pods by hand (a and b with Envoy, c without),
 * sends requests between them and prints what it saw as one line of JSON. With --stay it then waits to be killed.
 */
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import {
  interceptionRules,
  printInterceptionRules,
} from '../../../src/injector/interception-rules.ts'
import { podAddress } from '../../../src/lab/addresses.ts'
import { Container } from '../../../src/lab/container.ts'
import { enterLab, type LabPlace, labPlace } from '../../../src/lab/enter-lab.ts'
import { findEnvoy } from '../../../src/lab/envoy-binary.ts'
import { printHostsFile } from '../../../src/lab/hosts-file.ts'
import { chooseIsolation } from '../../../src/lab/isolation.ts'
import { ENVOY_DIRECTORY, furnishMachine, type Machine } from '../../../src/lab/machine.ts'
import { ENVOY_MARK, ENVOY_USER, envoyArgv, workloadArgv } from '../../../src/lab/pod-argv.ts'
import { PodSandbox } from '../../../src/lab/pod-sandbox.ts'
import { withSystemPath } from '../../../src/lab/prerequisites.ts'
import { RequestAgent, type RequestOutcome } from '../../../src/lab/request-agent.ts'
import { runProgram } from '../../../src/lab/run-program.ts'
import { printServiceRules } from '../../../src/lab/service-rules.ts'
import { staticEnvoy } from './static-envoy.ts'

const environment = withSystemPath(process.env)
const [workloadsDirectory = ''] = process.argv.slice(2)
const CLUSTER_IP = '198.19.7.7'
const EMPTY_CLUSTER_IP = '198.19.7.8'

const SERVER = `require('http').createServer((q, s) => s.end(JSON.stringify({
  pod: process.env.POD, from: q.socket.remoteAddress, uid: process.getuid(), headers: q.headers }))).listen(8080)`

const clock = {
  now: () => Date.now() as never,
  monotonic: () => performance.now(),
  sleep: (span: number, signal?: AbortSignal) =>
    setTimeout(span, undefined, { ...(signal && { signal }) }).catch(() => {}),
}
const tell = (sentence: string, fields?: object) =>
  process.stderr.write(`${sentence} ${JSON.stringify(fields)}\n`)
const log = { debug: () => {}, info: tell, warn: tell, error: tell }

async function aPod(machine: Machine, ordinal: number, sidecar: boolean) {
  const { isolation } = machine.place
  const single = isolation === 'user-single'
  const name = 'abc'[ordinal] ?? ''
  const address = podAddress(ordinal)
  const envoyUser = single ? 0 : ENVOY_USER
  const user = single ? 0 : 10_001 + ordinal
  const sandbox = await PodSandbox.open(machine, {
    namespace: 'n',
    name,
    address,
    ordinal,
    user,
    envoyUser,
  })
  await sandbox.writeHosts(
    printHostsFile({ namespace: 'n', name, address }, [
      { namespace: 'n', name: 'b', addresses: [CLUSTER_IP] },
      { namespace: 'other', name: 'empty', addresses: [EMPTY_CLUSTER_IP] },
    ]),
  )
  const base = { pid: sandbox.pid, directory: '.', user }
  const run = (what: string, argv: readonly string[]) =>
    new Container(
      {
        pod: `n/${name}`,
        name: what,
        argv,
        environment: {
          ...environment,
          POD: name,
          PATH: `/run/plumbline/bin:${environment['PATH']}`,
        },
      },
      { clock, log },
    )
  const containers = [run('app', workloadArgv({ ...base, argv: ['node', '-e', SERVER] }))]
  if (sidecar) {
    const file = join(sandbox.envoyDirectory, 'bootstrap.json')
    await writeFile(file, staticEnvoy({ mark: single, port: 8080 }), { mode: 0o600 })
    await chown(file, envoyUser, envoyUser)
    await sandbox.loadRules(
      printInterceptionRules(
        interceptionRules({
          proxy: single ? { type: 'mark', mark: ENVOY_MARK } : { type: 'uid', uid: ENVOY_USER },
          inboundPortExclusions: [],
          outboundPortExclusions: [],
          outboundIpRangeExclusions: [],
          outboundIpRangeInclusions: [],
          networkInterfaceExclusions: [],
        }),
      ),
    )
    const argv = [
      'envoy',
      '-c',
      `${ENVOY_DIRECTORY}/bootstrap.json`,
      '--disable-hot-restart',
      '--concurrency',
      '1',
      '-l',
      'warning',
    ]
    containers.push(run('envoy', envoyArgv({ ...base, user: envoyUser, argv })))
  }
  const agentArgv = [
    'nsenter',
    '--target',
    `${sandbox.pid}`,
    '--net',
    '--mount',
    '--uts',
    '--',
    '/run/plumbline/bin/node',
    machine.agentPath,
  ]
  return { name, address, sandbox, containers, agent: new RequestAgent(agentArgv, environment) }
}

/** Servers and Envoys come up in their own time: asks until something answers. */
async function settled(ask: () => Promise<RequestOutcome>): Promise<RequestOutcome> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const outcome = await ask()
    if (outcome.type === 'answered' && outcome.status === 200) return outcome
    await setTimeout(50)
  }
  return ask()
}

function seen(outcome: RequestOutcome) {
  if (outcome.type === 'failed') return outcome.code
  if (outcome.status !== 200) return outcome.status
  const { pod, from, uid, headers } = JSON.parse(outcome.body)
  return { pod, from, uid, out: headers['x-out'] ?? 'no', in: headers['x-in'] ?? 'no' }
}

async function inside(place: LabPlace): Promise<void> {
  const envoy = await findEnvoy({ environment, fetch: false, progress: () => {} })
  const machine = await furnishMachine(place, {
    envoyPath: envoy.path,
    nodePath: process.execPath,
    workloadsDirectory,
    environment,
  })
  const [a, b, c] = await Promise.all([
    aPod(machine, 0, true),
    aPod(machine, 1, true),
    aPod(machine, 2, false),
  ])
  const endpoints = [{ address: b.address, port: 8080 }]
  const routes = [
    { clusterIp: CLUSTER_IP, port: 80, protocol: 'TCP' as const, endpoints },
    { clusterIp: EMPTY_CLUSTER_IP, port: 80, protocol: 'TCP' as const, endpoints: [] },
  ]
  await runProgram(['iptables-restore'], { environment, input: printServiceRules(routes) })
  const get = async (from: typeof a, url: string) => seen(await from.agent.send({ url }))
  await settled(() => a.agent.send({ url: 'http://b/' }))
  await settled(() => a.agent.send({ url: `http://${c.address}:8080/` }))
  await settled(() => b.agent.send({ url: 'http://127.0.0.1:8080/' }))
  const exec = (pod: typeof a, argv: string[]) =>
    runProgram(
      workloadArgv({
        pid: pod.sandbox.pid,
        user: place.isolation === 'user-single' ? 0 : 10_001,
        directory: '/',
        argv,
      }),
      { environment },
    )
  const files = await exec(a, [
    'sh',
    '-c',
    'hostname; cat /run/plumbline/workloads/a-file; ls /run/plumbline /run/plumbline/envoy 2>&1; ls -A /tmp; ip -6 addr show dev eth0',
  ])
  const result = {
    isolation: place.isolation,
    bothMeshed: await get(a, 'http://b/'),
    byAddress: await get(a, `http://${b.address}:8080/`),
    fromPlain: await get(c, 'http://b/'),
    toPlain: await get(a, `http://${c.address}:8080/`),
    toItself: await get(b, 'http://b/'),
    plainToItself: await get(c, `http://${c.address}:8080/`),
    onLoopback: await get(b, 'http://127.0.0.1:8080/'),
    emptyService: await get(c, 'http://empty.other/'),
    unknownName: await get(c, 'http://empty/'),
    outOfLab: await get(c, 'http://192.0.2.1/'),
    files: files.stdout,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  if (process.argv.includes('--stay')) await setTimeout(600_000)
  await Promise.all([a, b, c].flatMap((pod) => pod.containers.map((one) => one.stop())))
  await Promise.all([a, b, c].map((pod) => pod.agent.close()))
  await Promise.all([a, b, c].map((pod) => pod.sandbox.close()))
}

const place = labPlace(process.env)
if (place) {
  await inside(place)
} else {
  const isolation = await chooseIsolation({ environment, root: process.getuid?.() === 0 })
  const argv = [process.execPath, ...process.argv.slice(1)]
  process.exit(await enterLab({ isolation, environment, argv }))
}
