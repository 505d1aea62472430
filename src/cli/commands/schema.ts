/** `plumb schema`: JSON Schemas of the policy kinds, for editors. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { nearestName } from '../../model/nearest-name.ts'
import { toApiVersion } from '../../model/object-id.ts'
import { toJsonSchema, toSchemaFiles } from '../../policy/json-schema.ts'
import type { KindDefinition } from '../../policy/kinds/kind-definition.ts'
import { KINDS } from '../../policy/registry.ts'
import { UsageError } from '../exit-code.ts'

interface SchemaOptions {
  readonly all?: string
  readonly apiVersion?: string
}

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a policy kind; without a kind, list the kinds')
    .argument('[kind]', 'as in TrafficTarget; case does not matter')
    .option('--api-version <version>', 'an older version of the kind, as in v1alpha1')
    .option('--all <folder>', 'write the schemas of every kind and version into a folder')
    .action(async (kind: string | undefined, { all, apiVersion }: SchemaOptions) => {
      if (all !== undefined) await writeSchemas(all)
      else if (kind === undefined) process.stdout.write(listKinds())
      else process.stdout.write(printSchema(toDefinition(kind), apiVersion))
    })
}

async function writeSchemas(folder: string): Promise<void> {
  const files = toSchemaFiles()
  for (const { path, schema } of files) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, toText(schema))
  }
  process.stdout.write(`${files.length} schemas written to ${folder}; all.json is for editors\n`)
}

function printSchema(definition: KindDefinition, apiVersion: string | undefined): string {
  const name = apiVersion?.split('/').at(-1) ?? definition.versions[0].name
  const version = definition.versions.find((candidate) => candidate.name === name)
  if (version === undefined) {
    const names = definition.versions.map((candidate) => candidate.name).join(', ')
    throw new UsageError(
      `${definition.kind} has no version ${JSON.stringify(name)}; it has ${names}`,
    )
  }
  return toText(toJsonSchema(definition, version))
}

/** `traffictargets` and `traffictarget` are TrafficTarget, as they are to kubectl. */
function toDefinition(text: string): KindDefinition {
  const lower = text.toLowerCase()
  const found = KINDS.find(({ kind, plural }) => kind.toLowerCase() === lower || plural === lower)
  if (found !== undefined) return found
  const nearest = nearestName(
    text,
    KINDS.map(({ kind }) => kind),
  )
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  throw new UsageError(`there is no policy kind ${JSON.stringify(text)}${hint}`)
}

function listKinds(): string {
  const rows = KINDS.map((definition) => {
    const { group, kind, versions, summary } = definition
    return [kind, toApiVersion({ group, kind, version: versions[0].name }), summary] as const
  })
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) => `${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}\n`)
    .join('')
}

function toText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
