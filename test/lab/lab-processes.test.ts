import { readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { labPlace } from '../../src/lab/enter-lab.ts'
import { choosePod } from '../../src/lab/exec-in-pod.ts'
import { type FoundPod, readSandbox, sandboxArgv } from '../../src/lab/lab-processes.ts'

const labels = {
  lab: 'lab-7',
  pod: 'shop/front-0',
  stage: '/run/x',
  hostname: 'front-0',
  user: 10_001,
}

function aFoundPod(pod: Partial<FoundPod> = {}): FoundPod {
  return { lab: 'lab-7', pod: 'shop/front-0', user: 10_001, pid: 42, ...pod }
}

describe('readSandbox', () => {
  it('reads back what a sandbox’s process was started with', () => {
    const argv = sandboxArgv('set -e\necho', labels)
    const afterExec = argv.slice(argv.indexOf('sh'))
    expect(readSandbox(afterExec.join('\0'))).toEqual({
      lab: 'lab-7',
      pod: 'shop/front-0',
      user: 10_001,
    })
  })

  it.each([
    ['unshare, before it becomes the sandbox', sandboxArgv('echo', labels).join('\0')],
    ['another shell', ['sh', '-c', 'echo', 'other', 'lab-7', 'shop/front-0'].join('\0')],
    ['a kernel thread', ''],
  ])('does not take %s for one', (_, commandLine) => {
    expect(readSandbox(commandLine)).toBeUndefined()
  })
})

describe('choosePod', () => {
  it('takes a pod by its name, or the first of a deployment', () => {
    const pods = [aFoundPod(), aFoundPod({ pod: 'shop/front-1', pid: 43 })]
    expect(choosePod(pods, { pod: 'shop/front-1' }).pid).toBe(43)
    expect(choosePod(pods, { pod: 'shop/front' }).pid).toBe(42)
  })

  it('asks which lab is meant when several have the pod', () => {
    const pods = [aFoundPod(), aFoundPod({ lab: 'lab-8', pid: 43 })]
    expect(() => choosePod(pods, { pod: 'shop/front-0' })).toThrow('--lab: lab-7, lab-8')
    expect(choosePod(pods, { pod: 'shop/front-0', lab: 'lab-8' }).pid).toBe(43)
  })

  it('lists what there is when the pod is not', () => {
    expect(() => choosePod([aFoundPod()], { pod: 'shop/cellar' })).toThrow(
      'no running lab of this user has a pod shop/cellar; there is: lab-7 shop/front-0',
    )
    expect(() => choosePod([], { pod: 'shop/cellar', lab: 'lab-9' })).toThrow(
      'no running lab lab-9 of this user has a pod shop/cellar; there is: none',
    )
  })
})

describe('labPlace', () => {
  const place = { name: 'lab-7', isolation: 'root', hostNetwork: 'net:[1]' }

  it('is nothing where enterLab did not start this process', () => {
    expect(labPlace({})).toBeUndefined()
  })

  it('refuses to take the host’s network for the lab’s', () => {
    const forged = { ...place, hostNetwork: readlinkSync('/proc/self/ns/net') }
    expect(() => labPlace({ PLUMBLINE_LAB: JSON.stringify(forged) })).toThrow(
      expect.objectContaining({ code: 'NotInLab' }),
    )
  })
})
