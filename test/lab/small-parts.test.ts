/** The lab's small pure parts and the two that wait. */
import { describe, expect, it } from 'vitest'
import { listeningPorts } from '../../src/lab/listening-ports.ts'
import { meshInterception } from '../../src/lab/mesh-interception.ts'
import { envoyArgv, execArgv, workloadArgv } from '../../src/lab/pod-argv.ts'
import { randomUuid } from '../../src/lab/random-uuid.ts'
import { renewalDelay } from '../../src/lab/renewal-delay.ts'
import { retry } from '../../src/lab/retry.ts'
import { runProgram, tryProgram } from '../../src/lab/run-program.ts'
import { Wake } from '../../src/lab/wake.ts'
import type { Instant } from '../../src/model/clock.ts'
import { untilAborted } from '../../src/model/until-aborted.ts'
import { anAuthority, aSigningRequest, NEVER } from '../ca/an-authority.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'

describe('listeningPorts', () => {
  it('reads IPv4 and IPv6 tables and leaves out connections', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0100007F:3A98 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1500
   1: 020012C6:36B1 030012C6:B4D2 01 00000000:00000000 00:00000000 00000000 10001
   2: 00000000000000000000000000000000:36B1 00000000000000000000000000000000:0000 0A 00000000:00000000
`
    expect([...listeningPorts(table)]).toEqual([15_000, 14_001])
  })

  it('finds nothing in the table of a process that is gone', () => {
    expect(listeningPorts('').size).toBe(0)
  })
})

describe('meshInterception', () => {
  const nothing = {
    inboundPortExclusions: [],
    outboundPortExclusions: [],
    outboundIpRangeExclusions: [],
    outboundIpRangeInclusions: [],
    networkInterfaceExclusions: [],
  }

  it('leaves nothing out without a MeshConfig, or without its traffic section', () => {
    expect(meshInterception(undefined)).toEqual(nothing)
    const config = { apiVersion: 'v1', kind: 'MeshConfig', metadata: { name: 'mesh' }, spec: {} }
    expect(meshInterception(config)).toEqual(nothing)
  })

  it('reads each list', () => {
    const traffic = {
      inboundPortExclusionList: [1],
      outboundPortExclusionList: [2],
      outboundIPRangeExclusionList: ['10.0.0.0/8'],
      outboundIPRangeInclusionList: ['10.1.0.0/16'],
      networkInterfaceExclusionList: ['net1'],
    }
    const config = {
      apiVersion: 'v1',
      kind: 'MeshConfig',
      metadata: { name: 'mesh' },
      spec: { traffic },
    }
    expect(meshInterception(config)).toEqual({
      inboundPortExclusions: [1],
      outboundPortExclusions: [2],
      outboundIpRangeExclusions: ['10.0.0.0/8'],
      outboundIpRangeInclusions: ['10.1.0.0/16'],
      networkInterfaceExclusions: ['net1'],
    })
  })
})

describe('command lines in a pod', () => {
  const program = { pid: 42, user: 10_001, directory: 'app', argv: ['node', 'x.mjs'] }
  const nsenter = 'nsenter --target 42 --net --mount --uts --ipc --'
  const shell = 'sh -c cd -- "$0" && exec "$@" /run/plumbline/workloads/app'
  const ids = '--reuid 10001 --regid 10001 --clear-groups'
  const limits = '--inh-caps=-all --no-new-privs -- node x.mjs'

  it('run a workload as its own uid, without a capability', () => {
    expect(workloadArgv(program).join(' ')).toBe(
      `${nsenter} ${shell} setpriv ${ids} --bounding-set=-all ${limits}`,
    )
  })

  it('keep the uid where there is only one, and let Envoy alone mark its sockets', () => {
    const single = { ...program, user: 0 }
    expect(workloadArgv(single).join(' ')).toBe(
      `${nsenter} ${shell} setpriv --bounding-set=-all ${limits}`,
    )
    expect(envoyArgv(single).join(' ')).toBe(
      `${nsenter} ${shell} setpriv --bounding-set=-all,+net_admin ${limits}`,
    )
  })

  it('enter a lab of a user namespace from outside as its owner', () => {
    expect(execArgv({ ...program, directory: '/' }, true).slice(0, 6)).toEqual([
      ...['nsenter', '--pid', '--user', '--preserve-credentials', '--target', '42'],
    ])
    expect(execArgv(program, false).slice(0, 4)).toEqual(['nsenter', '--pid', '--target', '42'])
  })
})

describe('randomUuid', () => {
  it('is a UUID of version 4, another each time', () => {
    const entropy = new SeededEntropy()
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    const [one, two] = [randomUuid(entropy), randomUuid(entropy)]
    expect(one).toMatch(form)
    expect(two).toMatch(form)
    expect(one).not.toBe(two)
  })
})

describe('retry', () => {
  function failing(times: number) {
    let left = times
    return () => (left-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve('there'))
  }

  it('asks again at growing intervals until there is an answer', async () => {
    const [clock, log] = [new FakeClock(), new RecordingLogger()]
    const signal = new AbortController().signal
    const answer = retry(failing(7), { what: 'asking', clock, log, signal })
    await clock.advance(60_000)
    expect(await answer).toBe('there')
    expect(log.lines.map((line) => line.fields['delayMs'])).toEqual([
      250, 500, 1000, 2000, 4000, 5000, 5000,
    ])
  })

  it('gives up when the signal aborts, with the signal’s reason', async () => {
    const [clock, log] = [new FakeClock(), new RecordingLogger()]
    const end = new AbortController()
    const answer = retry(failing(9), { what: 'asking', clock, log, signal: end.signal })
    await clock.advance(10)
    end.abort(new Error('over'))
    await expect(answer).rejects.toThrow('over')
  })
})

describe('Wake', () => {
  const never = new AbortController().signal

  it('wakes at once when it was rung before, and once for many rings', async () => {
    const wake = new Wake()
    wake.ring()
    wake.ring()
    await wake.wait(never)
    const again = wake.wait(never)
    expect(await Promise.race([again.then(() => 'woke'), 'waits'])).toBe('waits')
    wake.ring()
    await again
  })

  it('wakes when the signal aborts', async () => {
    const end = new AbortController()
    const waiting = new Wake().wait(end.signal)
    end.abort()
    await waiting
    await new Wake().wait(end.signal)
  })
})

describe('untilAborted', () => {
  it('brings what the promise brings, or the signal’s reason', async () => {
    const end = new AbortController()
    expect(await untilAborted(Promise.resolve(1), end.signal)).toBe(1)
    const waiting = untilAborted(new Promise(() => {}), end.signal)
    end.abort(new Error('over'))
    await expect(waiting).rejects.toThrow('over')
    await expect(untilAborted(new Promise(() => {}), end.signal)).rejects.toThrow('over')
  })
})

describe('running programs', () => {
  it('gives back what was printed, whatever the status', async () => {
    const script = 'cat; echo complaint >&2; exit 3'
    expect(await tryProgram(['sh', '-c', script], { input: 'in' })).toEqual({
      status: 3,
      stdout: 'in',
      stderr: 'complaint\n',
    })
  })

  it('turns another status than 0 into an error that says what the program said', async () => {
    await expect(runProgram(['sh', '-c', 'echo no >&2; exit 1'])).rejects.toMatchObject({
      code: 'ProgramFailed',
      message: expect.stringContaining('status 1: no'),
    })
  })

  it('takes no notice of a program that does not read its input', async () => {
    expect((await tryProgram(['true'], { input: 'x'.repeat(1e6) })).status).toBe(0)
  })

  it('ends the program when the signal aborts', async () => {
    const signal = AbortSignal.abort(new Error('over'))
    await expect(tryProgram(['sleep', '60'], { signal })).rejects.toThrow('over')
  })
})

describe('renewalDelay', () => {
  const DAY = 86_400_000
  const start = new FakeClock().now()

  async function aCertificate(): Promise<string> {
    const authority = await anAuthority()
    return (await authority.issue(aSigningRequest({ validityMs: DAY }), NEVER)).chainPem
  }

  it('is half a life away when the certificate is new', async () => {
    const delay = renewalDelay(await aCertificate(), start)
    expect(delay).toBeGreaterThan(DAY / 2 - 120_000)
    expect(delay).toBeLessThanOrEqual(DAY / 2)
  })

  it('is never so short that a clock gone wrong makes a storm, nor longer than a timer holds', async () => {
    const pem = await aCertificate()
    expect(renewalDelay(pem, (start + 10 * DAY) as Instant)).toBe(5000)
    expect(renewalDelay(pem, (start - 100 * DAY) as Instant)).toBe(DAY)
  })
})
