/** `normalisePath` beside the path that a real Envoy sees, under the settings that we render for what arrives at a pod. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import { normalisePath } from '../../src/policy/access/normalise-path.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const envoy = await envoyPath()

/** Said aloud, and on CI a failure: a suite that quietly skips proves nothing. */
async function envoyPath(): Promise<string | undefined> {
  try {
    return (await findEnvoy({ environment: process.env, fetch: true, progress: console.log })).path
  } catch (error) {
    const reason = `paths are not compared with a real Envoy: ${(error as Error).message}`
    if (process.env['CI']) throw new Error(reason, { cause: error })
    console.warn(reason)
    return undefined
  }
}

const EXTENSIONS = 'type.googleapis.com/envoy.extensions.filters'

function configuration(adminFile: string): object {
  const router = {
    name: 'router',
    typed_config: { '@type': `${EXTENSIONS}.http.router.v3.Router` },
  }
  const manager = {
    '@type': `${EXTENSIONS}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'paths',
    normalize_path: true,
    merge_slashes: true,
    delayed_close_timeout: '0s', // or it lingers a second behind each 400
    path_with_escaped_slashes_action: 'REJECT_REQUEST',
    http_filters: [router],
    route_config: {
      virtual_hosts: [
        {
          name: 'any',
          domains: ['*'],
          routes: [
            {
              match: { prefix: '/' },
              direct_response: { status: 200 },
              response_headers_to_add: [{ header: { key: 'seen', value: '%REQ(:PATH)%' } }],
            },
          ],
        },
      ],
    },
  }
  const loopback = { socket_address: { address: '127.0.0.1', port_value: 0 } }
  return {
    admin: { address: loopback },
    static_resources: {
      listeners: [
        {
          name: adminFile,
          address: loopback,
          filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
        },
      ],
    },
  }
}

/** The admin interface, and through it the listener, on whatever ports were free. */
async function startEnvoy(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const directory = await temporaryDirectory()
  const file = join(directory, 'envoy.json')
  const admin = join(directory, 'admin')
  await writeFile(file, JSON.stringify(configuration('paths')))
  const flags = ['--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'error']
  const child = spawn(envoy ?? '', ['-c', file, '--admin-address-path', admin, ...flags], {
    stdio: 'ignore',
  })
  const port = await vi.waitFor(
    async () => {
      const response = await fetch(`http://${await readFile(admin, 'utf8')}/listeners`)
      return Number(/127\.0\.0\.1:(\d+)/.exec(await response.text())?.[1])
    },
    { timeout: 10_000 },
  )
  return { child, port }
}

/** `undefined` for a 400. Written by hand: clients mend paths before they send them. */
async function seenPath(port: number, path: string): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
  const answer = await text(socket)
  if (answer.startsWith('HTTP/1.1 400')) return undefined
  const seen = /^seen: (\S+)/m.exec(answer)?.[1]
  if (seen === undefined) throw new Error(`no path in the answer to ${path}: ${answer}`)
  return seen.split('?', 1)[0]
}

const piece = fc.constantFrom(
  ...['/', '//', '.', '..', ';', 'a', 'A', '%', '4', '1', '%2e', '%2E', '%41', '%2f', '%00', '%25'],
  ...['\\', '<', '"', '|', '^', '~', '!', '%7e', '?', 'x=', '#', '%c3%a9', '[', '%5C', '=', '@'],
)
const path = fc.array(piece, { maxLength: 7 }).map((pieces) => `/${pieces.join('')}`)

it.skipIf(envoy === undefined)(
  'is the path that Envoy sees, for any path',
  async () => {
    const { child, port } = await startEnvoy()
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(path, { minLength: 40, maxLength: 40 }), async (paths) => {
          const seen = await Promise.all(paths.map((one) => seenPath(port, one)))
          expect(paths.map((one, at) => [one, seen[at]])).toEqual(
            paths.map((one) => [one, normalisePath(one)]),
          )
        }),
        { numRuns: 100, endOnFailure: true },
      )
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  },
  60_000,
)
