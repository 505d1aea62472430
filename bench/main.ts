/** Runs one benchmark: `npm run bench -- NAME [options]`. Each prints its figures beside a floor taken in the same run. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const BENCHMARKS: Readonly<Record<string, { readonly file: string; readonly about: string }>> = {
  access: { file: 'access.ts', about: 'who could newly call what, between two commits' },
  'access-truth': { file: 'access-truth.ts', about: 'random policies and requests on real Envoys' },
  ca: { file: 'ca.ts', about: 'leaf certificates a second' },
  check: { file: 'check.ts', about: 'checking a repository of 10,000 documents' },
  kubernetes: {
    file: 'kubernetes/kubernetes.ts',
    about: 'a real API server: first apply, a commit, nothing, drift, beside kubectl',
  },
  render: { file: 'render.ts', about: 'a mesh of 1,000 services, whole and after one change' },
  xds: {
    file: 'xds/convergence.ts',
    about: 'commit to the last ACK, for 1, 100 and 1,000 proxies',
  },
}

const [name = '', ...rest] = process.argv.slice(2)
const benchmark = BENCHMARKS[name]
if (benchmark === undefined) {
  for (const [known, { about }] of Object.entries(BENCHMARKS))
    console.error(`npm run bench -- ${known.padEnd(12)} ${about}`)
  process.exitCode = 2
} else {
  // A process of its own, so that one benchmark's heap and timers are not another's.
  const file = join(import.meta.dirname, benchmark.file)
  const { status } = spawnSync(process.execPath, [file, ...rest], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
