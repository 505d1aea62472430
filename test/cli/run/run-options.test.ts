import { describe, expect, it } from 'vitest'
import { type RunFlags, toRunOptions } from '../../../src/cli/run/run-options.ts'

const flags: RunFlags = {
  repository: 'https://git.example.com/mesh.git',
  ref: 'main',
  path: '',
  data: '/var/lib/plumbline',
  cluster: 'embedded',
  schedule: '@every 30s',
  gitTimeout: '60s',
  trustDomain: 'cluster.local',
  xdsListen: '127.0.0.1:15128',
  httpListen: '127.0.0.1:9091',
  drift: 'correct',
  logFormat: 'text',
  logLevel: 'info',
}

describe('the flags of plumb run', () => {
  it('become typed options', () => {
    expect(toRunOptions(flags, {})).toMatchObject({
      repository: {
        name: 'policies',
        url: 'https://git.example.com/mesh.git',
        ref: 'main',
        path: '',
        schedule: { type: 'every', intervalMs: 30_000 },
        timeoutMs: 60_000,
        drift: 'correct',
      },
      data: '/var/lib/plumbline',
      cluster: { type: 'embedded' },
      trustDomain: 'cluster.local',
      xds: { host: '127.0.0.1', port: 15_128 },
      http: { host: '127.0.0.1', port: 9091 },
      logFormat: 'text',
      logLevel: 'info',
    })
  })

  it('name no repository where MeshRepositories are to be followed', () => {
    const { repository: _, ...rest } = flags
    expect(toRunOptions(rest, {}).repository).toBeUndefined()
  })

  it('name a Kubernetes cluster as kubectl does', () => {
    const cluster = (more: object) =>
      toRunOptions({ ...flags, cluster: 'kubernetes', ...more }, {}).cluster
    expect(cluster({})).toEqual({ type: 'kubernetes' })
    expect(cluster({ kubeconfig: '/etc/admin.conf', context: 'prod' })).toEqual({
      type: 'kubernetes',
      kubeconfig: '/etc/admin.conf',
      context: 'prod',
    })
  })

  it('take the password of git from the environment only', () => {
    const { credentials } = toRunOptions(flags, { PLUMB_GIT_PASSWORD: 'secret' })
    expect(credentials).toEqual({ type: 'basic', username: 'git', password: 'secret' })
  })

  it.each([
    [{ trustDomain: 'Cluster.Local' }, /--trust-domain is "Cluster.Local"; use lowercase/],
    [{ xdsListen: '15128' }, /--xds-listen is "15128"; use HOST:PORT/],
    [{ httpListen: '127.0.0.1:99999' }, /--http-listen is "127.0.0.1:99999"/],
    [{ gitTimeout: '1 minute' }, /--git-timeout is "1 minute"; use a whole number/],
    [
      { kubeconfig: 'admin.conf' },
      /--kubeconfig names a Kubernetes cluster, .* --cluster kubernetes/,
    ],
    [{ context: 'prod' }, /--context names a Kubernetes cluster/],
    [{ schedule: 'now and then' }, /--schedule: .*"\*\/5 \* \* \* \*"/],
  ])(
    'that are wrong (%j) are refused in one sentence that says how to mend them',
    (wrong, message) => {
      expect(() => toRunOptions({ ...flags, ...wrong }, {})).toThrow(message)
    },
  )

  it('put data in the state directory of the user where nothing else is said', () => {
    const { data: _, ...rest } = flags
    expect(toRunOptions(rest, { XDG_STATE_HOME: '/home/a/.state' }).data).toBe(
      '/home/a/.state/plumbline',
    )
  })
})
