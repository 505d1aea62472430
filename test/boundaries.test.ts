/** Who may import whom (ARCHITECTURE.md). Reads every source, and says so. */
import { readdirSync } from 'node:fs'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { expect, it } from 'vitest'

/** What each folder may import beside itself. `cli` may import anything and is imported by nothing. */
const MAY_IMPORT = {
  model: [],
  policy: ['model'],
  render: ['model', 'policy', 'generated'],
  reconciler: ['model', 'policy', 'render/kubernetes', 'render/mesh'],
  xds: ['model', 'render/envoy/envoy-resource', 'ca', 'generated'],
  ca: ['model'],
  injector: ['model', 'policy', 'ca', 'generated'],
  review: ['model', 'policy', 'render'],
  lab: ['model', 'injector', 'reconciler/cluster.ts'],
} as const satisfies Record<string, readonly string[]>

/** Packages with one owner: nobody else imports them. */
const OWNERS = {
  'isomorphic-git': ['src/reconciler/git-source-isomorphic', 'src/cli/start/example-repository'],
  'js-yaml': ['src/policy/yaml/', 'src/cli/', 'src/lab/'],
  '@kubernetes/client-node': ['src/reconciler/kubernetes/'],
  '@grpc/grpc-js': ['src/xds/'],
  'node-forge': ['src/ca/'],
  cron: ['src/reconciler/schedule'],
  re2js: ['src/policy/'],
  commander: ['src/cli/'],
  fastify: ['src/cli/', 'src/reconciler/cluster-api', 'src/dashboard/'],
  pino: ['src/cli/'],
  'prom-client': ['src/cli/', 'src/xds/', 'src/reconciler/'],
} as const satisfies Record<string, readonly string[]>

/** Pure folders: no Node module but crypto, no package but those that parse and encode. */
const PURE = '^src/(model|policy|render|review)/'
const PURE_PACKAGES = ['crypto', 'js-yaml', 'zod', 're2js', 'ignore', '@bufbuild/protobuf']

function startingWith(prefixes: readonly string[]): string {
  return `^(?:${prefixes.map((prefix) => prefix.replaceAll(/[.\\/]/g, '\\$&')).join('|')})`
}

const folderRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: 'error' as const,
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: startingWith([folder, ...allowed].map((name) => `src/${name}`)),
  },
}))

const ownerRules = Object.entries(OWNERS).map(([name, owners]) => ({
  name: `${name}-owner`,
  severity: 'error' as const,
  from: { path: '^src/', pathNot: startingWith(owners) },
  to: { path: `^node_modules/${name}/` },
}))

async function cruiseSources(): Promise<ICruiseResult> {
  const result = await cruise(['src'], {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^src/generated/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
    },
    validate: true,
    ruleSet: {
      forbidden: [
        { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
        {
          name: 'nothing-imports-cli',
          severity: 'error',
          from: { pathNot: '^src/cli/' },
          to: { path: '^src/cli/' },
        },
        {
          name: 'pure-core',
          severity: 'error',
          from: { path: PURE },
          to: {
            dependencyTypes: ['core', 'npm'],
            pathNot: PURE_PACKAGES.map((name) => `(?:^|node_modules/)${name}(?:/|$)`),
          },
        },
        ...folderRules,
        ...ownerRules,
      ],
    },
  })
  return result.output as ICruiseResult
}

it('keeps every source within the boundaries of ARCHITECTURE.md', async () => {
  const result = await cruiseSources()
  const onDisk = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('generated/'),
  )
  const read = new Set(result.modules.map((module) => module.source))
  expect(onDisk.filter((file) => !read.has(`src/${file}`))).toEqual([])
  expect(onDisk.length).toBeGreaterThan(30)
  expect(
    result.summary.violations.map(
      (violation) => `${violation.rule.name}: ${violation.from} -> ${violation.to}`,
    ),
  ).toEqual([])
}, 60_000)
