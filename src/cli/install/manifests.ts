/** The manifests that come with the program: the kustomize base in deploy/kubernetes, in the order in which they are applied. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { load, loadAll } from 'js-yaml'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'

const BASE = new URL('../../../deploy/kubernetes/', import.meta.url)

/** Rejects, naming the file, where the package is not whole. */
export async function readManifests(): Promise<readonly KubernetesObject[]> {
  const { resources } = load(await readText('kustomization.yaml')) as {
    readonly resources: readonly string[]
  }
  const files = await Promise.all(resources.map(readText))
  return files.flatMap((text) => loadAll(text) as KubernetesObject[])
}

async function readText(name: string): Promise<string> {
  return await readFile(fileURLToPath(new URL(name, BASE)), 'utf8')
}
