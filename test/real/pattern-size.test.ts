/** A real Envoy agrees about patterns: which it takes, and how large their programs are. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import { judgePattern } from '../../src/policy/kinds/fields/pattern.ts'
import { PATTERN_SIZES } from '../support/pattern-sizes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const inCi = (process.env['CI'] ?? '') !== ''
const found = await findEnvoy({ environment: process.env, fetch: inCi, progress: () => {} }).catch(
  (error: unknown) => {
    if (inCi) throw error
    console.warn(`skipped: pattern sizes on a real Envoy, because there is none: ${String(error)}`)
    return undefined
  },
)

/** What Envoy says of a configuration whose only route has the pattern; empty when it takes it. */
async function judgeByEnvoy(pattern: string, limit: number): Promise<string> {
  const file = join(await temporaryDirectory(), 'envoy.json')
  await writeFile(file, JSON.stringify(configurationWith(pattern, limit)))
  return promisify(execFile)(found!.path, ['--mode', 'validate', '-l', 'error', '-c', file]).then(
    () => '',
    (error: { stderr: string }) => error.stderr,
  )
}

function configurationWith(pattern: string, limit: number) {
  const filters = 'type.googleapis.com/envoy.extensions.filters'
  const manager = {
    '@type': `${filters}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'test',
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': `${filters}.http.router.v3.Router` },
      },
    ],
    route_config: {
      virtual_hosts: [
        {
          name: 'test',
          domains: ['*'],
          routes: [{ match: { safe_regex: { regex: pattern } }, direct_response: { status: 200 } }],
        },
      ],
    },
  }
  return {
    layered_runtime: {
      layers: [{ name: 'limit', static_layer: { 're2.max_program_size.error_level': limit } }],
    },
    static_resources: {
      listeners: [
        {
          name: 'test',
          address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
          filter_chains: [
            { filters: [{ name: 'envoy.http_connection_manager', typed_config: manager }] },
          ],
        },
      ],
    },
  }
}

describe.skipIf(found === undefined)('a real Envoy', () => {
  it('says of each pattern the size that we compute', async () => {
    const sizes: Record<string, number> = {}
    for (const pattern of Object.keys(PATTERN_SIZES)) {
      const [, size] = /program size of (\d+)/.exec(await judgeByEnvoy(pattern, 0)) ?? []
      sizes[pattern] = Number(size)
    }
    expect(sizes).toEqual(PATTERN_SIZES)
  }, 60_000)

  it.each([
    '/books',
    '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
    `/${'a'.repeat(95)}`,
    `/${'a'.repeat(96)}`,
    '[0-9a-zA-Z-]{30}',
    '[0-9a-zA-Z-]{40}',
    '(?=a)',
    '(?<!a)b',
    '(a)\\1',
    'a{1001}',
    '[b-a]',
    '\\x{100}',
    '\\x{ff}',
    '(?P<name>a)',
    '(?<name>a)',
    '\\Qa.b\\E',
    '[[:word:]]+',
    '\\p{Greek}',
    '\\p{Nonsense}',
    'a**',
    '(?i:a)(?-i:b)',
    '\\z',
    '\\Z',
    '(?U)a+',
  ])('takes %s exactly when we do', async (pattern) => {
    const refusal = await judgeByEnvoy(pattern, 100)
    expect({ pattern, taken: judgePattern(pattern) === undefined }).toEqual({
      pattern,
      taken: refusal === '',
    })
  })
})
