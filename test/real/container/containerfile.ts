/** Carries out a Containerfile without a container engine: each stage is a folder, and RUN is a shell in it. */
import { cp, mkdir, mkdtemp, readFile, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import ignore from 'ignore'
import { runProgram } from '../../../src/lab/run-program.ts'

export interface Instruction {
  /** `COPY`. */
  readonly name: string
  readonly args: string
}

export interface Stage {
  readonly name: string
  /** The folder that stands for `/` of the image. */
  readonly root: string
  readonly instructions: readonly Instruction[]
}

/** Comments are left out, and lines that end with a backslash are joined. */
export function parseContainerfile(text: string): readonly Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', args = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
      return { name, args }
    })
}

/** In `work`, from the files of `context` that .containerignore does not leave out. Rejects with what a step said when it fails. */
export async function buildStages(context: string, work: string): Promise<readonly Stage[]> {
  const instructions = parseContainerfile(await readFile(join(context, 'Containerfile'), 'utf8'))
  const isIgnored = await ignoredOf(context)
  const stages: Stage[] = []
  let workdir = '/'
  for (const instruction of instructions) {
    const { name, args } = instruction
    if (name === 'FROM') {
      const root = await mkdtemp(join(work, 'stage-'))
      stages.push({ name: / AS (\S+)/i.exec(args)?.[1] ?? '', root, instructions: [] })
      workdir = '/'
      continue
    }
    const stage = stages.pop()
    if (stage === undefined) throw new Error(`${name} comes before FROM`)
    stages.push({ ...stage, instructions: [...stage.instructions, instruction] })
    if (name === 'WORKDIR') workdir = args
    const directory = join(stage.root, workdir)
    await mkdir(directory, { recursive: true })
    if (name === 'RUN') await runProgram(['sh', '-ec', args], { directory, environment: clean() })
    if (name === 'COPY') await copy(args, { directory, context, stages, isIgnored })
  }
  return stages
}

interface CopyPlace {
  readonly directory: string
  readonly context: string
  readonly stages: readonly Stage[]
  readonly isIgnored: (path: string) => boolean
}

/** A source that is not there makes cp reject, as it makes a build fail. */
async function copy(args: string, { directory, context, stages, isIgnored }: CopyPlace) {
  const words = args.split(/\s+/)
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined
  const to = words.pop() ?? ''
  const base = from === undefined ? context : stages.find(({ name }) => name === from)?.root
  if (base === undefined) throw new Error(`COPY --from=${from} names no stage`)
  for (const source of words) {
    const path = join(base, source)
    // Of a folder the contents are copied, of a file the file.
    const isFolder = (await stat(path)).isDirectory()
    const target = join(directory, to, isFolder || !to.endsWith('/') ? '' : basename(path))
    const filter = (file: string): boolean => {
      const name = relative(base, file)
      return from !== undefined || name === '' || !isIgnored(name)
    }
    await cp(path, target, { recursive: true, filter, verbatimSymlinks: true })
  }
}

async function ignoredOf(context: string): Promise<(path: string) => boolean> {
  const rules = ignore().add(await readFile(join(context, '.containerignore'), 'utf8'))
  return (path) => rules.ignores(path)
}

/** Without what the npm and the vitest that run this have told their own children; the machine's registry and certificates stay. */
function clean(): NodeJS.ProcessEnv {
  const told =
    /^(npm_(package|lifecycle)_|npm_config_local_prefix$|INIT_CWD$|NODE_(ENV|OPTIONS)$|VITEST)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !told.test(name)))
}
