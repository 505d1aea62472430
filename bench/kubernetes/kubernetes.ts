/**
 * `plumb run` on a real API server beside `kubectl apply --server-side` of the same files, each on a server of its own, by turns:
 * `--objects 1000 --sets 100 --repositories 10 --rounds 1 --one-line 10 --idle 35 --edits 200 --json`. Three repositories: so many
 * TrafficTargets; so many sets of four objects; the sets split over so many MeshRepositories. 0 leaves one out. The issue's
 * figures are of `--objects 10000 --sets 1000`. It runs what `npm run build` makes, as users do; `--program FILE` runs
 * another (src/cli/main.ts: the sources). `--node-flags=FLAGS` are given to Node: without a limit V8 lets the young generation of a large machine
 * grow to 128 MB, which costs memory and wins no time; the image has the same flag.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { kubeTrouble } from '../../test/real/kube/kube-trouble.ts'
import { measureKubectl } from './measure-kubectl.ts'
import { measurePlumb, type PlumbOptions } from './measure-plumb.ts'
import { printReport, type Round } from './report.ts'
import { type GeneratedRepository, manyGrants, manySets } from './repositories.ts'

const ROOT = join(import.meta.dirname, '../..')

const { values: flags } = parseArgs({
  options: {
    objects: { type: 'string', default: '1000' },
    sets: { type: 'string', default: '100' },
    repositories: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '1' },
    'one-line': { type: 'string', default: '10' },
    idle: { type: 'string', default: '35' },
    edits: { type: 'string', default: '200' },
    'node-flags': { type: 'string', default: '--max-semi-space-size=4' },
    program: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

function options(): PlumbOptions {
  const nodeFlags = flags['node-flags'].split(' ').filter((flag) => flag !== '')
  const measured = {
    oneLineRounds: Number(flags['one-line']),
    idleMs: Number(flags.idle) * 1000,
    edits: Number(flags.edits),
  }
  if (flags.program !== undefined) return { ...measured, nodeFlags, program: flags.program }
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) throw new Error('npm run build failed; --program runs without it')
  return { ...measured, nodeFlags, program: join(ROOT, 'dist/cli/main.js') }
}

/** Each begins every other time, so that neither has the quieter machine. */
async function measureRound(
  repository: GeneratedRepository,
  plumbOptions: PlumbOptions,
  round: number,
): Promise<Round> {
  if (round % 2 === 0) {
    const kubectl = await measureKubectl(repository)
    return { kubectl, plumb: await measurePlumb(repository, plumbOptions) }
  }
  const plumb = await measurePlumb(repository, plumbOptions)
  return { kubectl: await measureKubectl(repository), plumb }
}

const trouble = await kubeTrouble()
if (trouble !== undefined) throw new Error(trouble)
const plumbOptions = options()
const repositories = [
  ...(flags.objects === '0' ? [] : [manyGrants(Number(flags.objects))]),
  ...(flags.sets === '0' ? [] : [manySets(Number(flags.sets))]),
  ...(flags.sets === '0' || flags.repositories === '0'
    ? []
    : [manySets(Number(flags.sets), Number(flags.repositories))]),
]
console.log(`Node ${process.version}; ${flags.rounds} rounds, each on fresh API servers`)
for (const repository of repositories) {
  const rounds: Round[] = []
  for (let round = 0; round < Number(flags.rounds); round++)
    rounds.push(await measureRound(repository, plumbOptions, round))
  if (flags.json) console.log(JSON.stringify({ repository: repository.name, rounds }))
  else printReport(repository, rounds, plumbOptions.idleMs)
}
