/** `plumb schema` prints, lists and writes the schemas. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { schemaCommand } from '../../../src/cli/commands/schema.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

let written = ''

beforeEach(() => {
  written = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written += String(chunk)
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

async function run(...args: readonly string[]): Promise<string> {
  await schemaCommand().exitOverride().parseAsync(args, { from: 'user' })
  return written
}

it('lists the kinds with the version that is applied', async () => {
  expect(await run()).toMatchInlineSnapshot(`
    "Namespace               v1                                  Whether the pods of a namespace are in the mesh
    TrafficTarget           access.smi-spec.io/v1alpha3         Which service accounts may send which requests to the pods of another
    HTTPRouteGroup          specs.smi-spec.io/v1alpha4          Named matches of HTTP requests: path, methods, headers
    TCPRoute                specs.smi-spec.io/v1alpha4          Ports of TCP traffic
    TrafficSplit            split.smi-spec.io/v1alpha4          How the traffic of one service is shared among others
    Egress                  policy.openservicemesh.io/v1alpha1  Which service accounts may reach which hosts outside the mesh
    IngressBackend          policy.openservicemesh.io/v1alpha1  Who outside the mesh may reach which ports of a service
    UpstreamTrafficSetting  policy.openservicemesh.io/v1alpha1  Connection limits and rate limits for one host
    Retry                   policy.openservicemesh.io/v1alpha1  When the proxies of one service account try a request again
    Telemetry               policy.openservicemesh.io/v1alpha1  The access logs of a selection of pods
    ExtensionService        config.openservicemesh.io/v1alpha2  A service outside the mesh that filters may call
    MeshConfig              config.openservicemesh.io/v1alpha2  Settings of the whole mesh
    MeshRootCertificate     config.openservicemesh.io/v1alpha2  Where the roots of trust come from, and which of them sign
    MeshPolicy              plumbline.dev/v1alpha1              How closed one namespace is, whatever the MeshConfig says
    PolicyTest              plumbline.dev/v1alpha1              What must hold of who may call what; a commit that breaks one is refused
    "
  `)
})

it('prints the schema of a kind, named as kubectl would', async () => {
  expect(JSON.parse(await run('traffictargets'))).toMatchObject({
    title: 'TrafficTarget',
    properties: { apiVersion: { const: 'access.smi-spec.io/v1alpha3' } },
  })
})

it('prints the schema of an older version', async () => {
  expect(JSON.parse(await run('TrafficTarget', '--api-version', 'v1alpha1'))).toMatchObject({
    required: ['apiVersion', 'kind', 'metadata', 'destination', 'sources'],
  })
})

it('names the nearest kind or the versions there are', async () => {
  await expect(run('TraficTarget')).rejects.toThrow('did you mean TrafficTarget?')
  await expect(run('TCPRoute', '--api-version', 'v1')).rejects.toThrow('it has v1alpha4, v1alpha3')
})

it('writes the schemas of every kind and version into a folder', async () => {
  const folder = join(await temporaryDirectory(), 'schemas')
  expect(await run('--all', folder)).toContain('schemas written to')
  expect((await readdir(folder)).sort()).toEqual([
    'access.smi-spec.io',
    'all.json',
    'config.openservicemesh.io',
    'core',
    'plumbline.dev',
    'policy.openservicemesh.io',
    'specs.smi-spec.io',
    'split.smi-spec.io',
  ])
  const all = JSON.parse(await readFile(join(folder, 'all.json'), 'utf8')) as {
    oneOf: { $ref: string }[]
  }
  for (const { $ref } of all.oneOf) await readFile(join(folder, $ref), 'utf8')
})
